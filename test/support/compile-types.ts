/** Type-checks a text, as tests of types need it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A module of client/graph as an import names it in such a text. */
export const moduleOf = (file: string): string => path.join(root, 'client/graph', file);

/** What the compiler says of modules by name in a browser, each as `name:line: message`; nothing when all is well. */
export function compile(modules: Record<string, string>): string[] {
  const place = mkdtempSync(path.join(tmpdir(), 'switchyard-types-'));
  try {
    const compilerOptions = { lib: ['es2023', 'dom'] };
    const config = { extends: path.join(root, 'tsconfig.base.json'), compilerOptions, files: Object.keys(modules) };
    writeFileSync(path.join(place, 'tsconfig.json'), JSON.stringify(config));
    for (const [name, text] of Object.entries(modules)) writeFileSync(path.join(place, name), text);
    const options = ['-p', place, '--pretty', 'false'];
    const { stdout, status, error } = spawnSync(path.join(root, 'node_modules/.bin/tsc'), options, {
      cwd: place,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    if (error) throw error;
    const faults = [...stdout.matchAll(/^([^\s(][^(]*)\((\d+),\d+\): error (.*)$/gm)];
    if ((status === 0) !== (faults.length === 0)) throw new Error(`The compiler says ${status}: ${stdout}`);
    return faults.map(([, file = '', line, message]) => `${path.basename(file)}:${line}: ${message}`);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
