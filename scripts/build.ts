// npm run build: the packages that are published, into client/dist and cli/dist, or under another folder:
//
//   npm run build -- --out FOLDER
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { stop } from 'esbuild';
import { cliPackage } from './build/cli-package.ts';
import { clientPackage } from './build/client-package.ts';
import { type PackageFiles, writePackage } from './build/package-folder.ts';
import { root } from './process.ts';

const { values } = parseArgs({ options: { out: { type: 'string' } } });

function written(room: string, files: PackageFiles): void {
  const folder = path.resolve(values.out ?? root, room, 'dist');
  writePackage(folder, files);
  const modules = [...files].filter(([name]) => name.endsWith('.js'));
  const packed = modules.reduce((sum, [, content]) => sum + gzipSync(content).length, 0);
  console.log(`${folder}: ${files.size} files, ${(packed / 1024).toFixed(1)} KiB of modules (gzip)`);
}

const [client, cli] = await Promise.all([clientPackage(root), cliPackage(root)]);
await stop();
written('client', client);
written('cli', cli);
