/**
 * A package registry on the loopback address that has what this repository has installed: a project outside of it can
 * be given packages and everything that they depend on, without a network and without a cache that may be empty.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './command.ts';

const TARBALL = /^\/-\/tarball\/(\d+)\.tgz$/;

/** Every place where a package is installed, as the lockfile has them. */
const PLACES = Object.keys(
  (JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as { packages: object }).packages,
).filter((place) => place.includes('node_modules/'));

interface InstalledManifest {
  name: string;
  version: string;
}

function manifestAt(place: string): InstalledManifest | null {
  const file = path.join(ROOT, place, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

export interface LoopbackRegistry {
  url: string;
  close(): void;
}

export async function loopbackRegistry(): Promise<LoopbackRegistry> {
  const server = createServer((request, response) => {
    answer(decodeURIComponent(request.url ?? '/'), url(), response).catch(() => response.writeHead(500).end());
  });
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: url(), close };
}

async function answer(address: string, url: string, response: ServerResponse): Promise<void> {
  const place = PLACES[Number(TARBALL.exec(address)?.[1])];
  if (place !== undefined) {
    response.end(await tarball(place));
    return;
  }
  const versions = versionsOf(address.slice(1), url);
  if (versions.length === 0) {
    response.writeHead(404).end('{}');
    return;
  }
  response.end(
    JSON.stringify({
      name: address.slice(1),
      'dist-tags': { latest: versions[0]?.version },
      versions: Object.fromEntries(versions.map((manifest) => [manifest.version, manifest])),
    }),
  );
}

function versionsOf(name: string, url: string): InstalledManifest[] {
  return PLACES.flatMap((place, index) => {
    const manifest = place.endsWith(`node_modules/${name}`) ? manifestAt(place) : null;
    return manifest ? [{ ...manifest, dist: { tarball: `${url}/-/tarball/${index}.tgz` } }] : [];
  });
}

/** npm takes the first folder off every name in it, whatever that is called. */
async function tarball(place: string): Promise<Buffer> {
  const folder = path.join(ROOT, place);
  const args = ['-cz', '--exclude=node_modules', '-C', path.dirname(folder), path.basename(folder)];
  const { stdout } = await promisify(execFile)('tar', args, { encoding: 'buffer', maxBuffer: 64 << 20 });
  return stdout;
}
