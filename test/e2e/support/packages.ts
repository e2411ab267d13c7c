/** The published packages, built and packed afresh, and projects elsewhere that install them. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { cliPackage } from '../../../scripts/build/cli-package.ts';
import { clientPackage } from '../../../scripts/build/client-package.ts';
import { type PackageFiles, writePackage } from '../../../scripts/build/package-folder.ts';
import { ROOT } from './command.ts';
import { loopbackRegistry } from './loopback-registry.ts';

const MODULES = path.join(ROOT, 'node_modules');

/** What npm told this process about itself is not for a project elsewhere. */
const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_|SWITCHYARD_)/i.test(name)),
);
const OUTSIDE_PATH = (process.env.PATH ?? '')
  .split(path.delimiter)
  .filter((folder) => !folder.startsWith(MODULES))
  .join(path.delimiter);

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** A program to its end, as one outside of the repository runs it. */
export async function outside(cwd: string, command: string, args: string[], env: object = {}): Promise<Ran> {
  const options = { cwd, env: { ...ENVIRONMENT, PATH: OUTSIDE_PATH, ...env }, maxBuffer: 16 << 20 };
  try {
    return { code: 0, ...(await promisify(execFile)(command, args, options)) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number | string; stdout: string; stderr: string };
    if (typeof code !== 'number') throw error;
    return { code, stdout, stderr };
  }
}

async function npm(cwd: string, ...args: string[]): Promise<string> {
  const settings = { npm_config_userconfig: path.join(cwd, 'npmrc'), npm_config_cache: path.join(cwd, 'npm-cache') };
  const { code, stdout, stderr } = await outside(cwd, 'npm', args, settings);
  if (code !== 0) throw new Error(`npm ${args.join(' ')}: ${stderr}${stdout}`);
  return stdout;
}

export interface Packed {
  name: string;
  tarball: string;
  /** The folder that was packed. */
  folder: string;
  /** What is in the tarball, in order. */
  files: { path: string; mode: number }[];
}

/** Builds a package under the folder and packs it as npm does before it publishes. */
export const packClient = async (folder: string) => pack(folder, 'client', await clientPackage(ROOT));
export const packCli = async (folder: string) => pack(folder, 'cli', await cliPackage(ROOT));

async function pack(parent: string, room: string, files: PackageFiles): Promise<Packed> {
  const folder = path.join(parent, room);
  const tarballs = path.join(parent, 'tarballs', room);
  mkdirSync(tarballs, { recursive: true });
  writePackage(folder, files);
  const [packed] = JSON.parse(await npm(tarballs, 'pack', folder, '--json')) as [
    { name: string; filename: string; files: Packed['files'] },
  ];
  return { name: packed.name, folder, tarball: path.join(tarballs, packed.filename), files: packed.files };
}

/** An empty folder far from the repository, with these packages and all that they depend on installed. */
export async function installedProject(folder: string, packages: readonly Packed[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ name: 'elsewhere', private: true, type: 'module' }),
  );
  const registry = await loopbackRegistry();
  try {
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    await npm(folder, 'install', ...packages.map((each) => each.tarball), `--registry=${registry.url}`, ...quiet);
  } finally {
    registry.close();
  }
}

/** Outside of the repository, and gone when its owner says so. */
export function elsewhere(): { folder: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-elsewhere-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The Node that a user may have: of the release wanted where there is one outside the repository, else our own. */
export async function nodeOf(major: number): Promise<{ node: string; version: string }> {
  const candidates = [
    process.env.npm_node_execpath,
    ...OUTSIDE_PATH.split(path.delimiter).map((folder) => path.join(folder, 'node')),
  ];
  for (const node of candidates) {
    if (!node) continue;
    const { stdout } = await outside(ROOT, node, ['--version']).catch(() => ({ stdout: '' }));
    if (stdout.startsWith(`v${major}.`)) return { node, version: stdout.trim() };
  }
  return { node: process.execPath, version: process.version };
}
