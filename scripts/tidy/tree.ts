// The files of the repository as git sees them: tracked ones, and new ones that it does not ignore.
import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import path from 'node:path';
import type { Manifest } from './rooms.ts';
import type { SourceFile } from './source.ts';

export interface Tree {
  sizes: Map<string, number>;
  files: SourceFile[];
  manifests: Map<string, Manifest>;
}

const TEXT =
  /\.(?:ts|mts|mjs|js|tsx|json|md|toml|yaml|yml|sh|py|sql|html|css|txt)$|(?:^|\/)(?:Dockerfile[.\w]*|\.[\w.]+|run)$/;

function listed(root: string): string[] {
  try {
    const options: ExecFileSyncOptionsWithStringEncoding = {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 << 20,
      stdio: ['ignore', 'pipe', 'ignore'],
    };
    return execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], options).split('\0').filter(Boolean);
  } catch {
    // An unpacked archive has no git: everything but what is never committed.
    const skipped = /(?:^|\/)(?:node_modules|dist|coverage|demo-output|\.git|\.wrangler|\.switchyard)(?:\/|$)/;
    const all = fs.readdirSync(root, { recursive: true, encoding: 'utf8' });
    return all.map((file) => file.replaceAll(path.sep, '/')).filter((file) => !skipped.test(file));
  }
}

export function readTree(root: string): Tree {
  const sizes = new Map<string, number>();
  const files: SourceFile[] = [];
  for (const file of listed(root)) {
    const absolute = path.join(root, file);
    const stat = fs.lstatSync(absolute, { throwIfNoEntry: false });
    if (!stat?.isFile()) continue;
    sizes.set(file, stat.size);
    if (TEXT.test(file)) files.push({ path: file, text: fs.readFileSync(absolute, 'utf8') });
  }
  const manifests = new Map<string, Manifest>();
  for (const file of files) {
    if (!/^(?:[\w-]+\/)?package\.json$/.test(file.path)) continue;
    manifests.set(file.path === 'package.json' ? '' : path.posix.dirname(file.path), JSON.parse(file.text));
  }
  return { sizes, files, manifests };
}
