import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

/** A folder outside the repository, with these files. */
function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-nodes-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

const node = (type: string, change = '') => `defineNode({
  type: '${type}', version: '1.0.0', title: 'T', category: 'test', deterministic: true,
  inputs: { value: integer({ default: 1 }) }, ...INTEGER_OUTPUT,
  invoke: ({ value }) => ({ value: value + 1 }), ${change}
})`;
const IMPORT = "import { defineNode, integer, INTEGER_OUTPUT } from 'switchyard/nodes';\n";

const LOADER = fileURLToPath(new URL('./testing/load.ts', import.meta.url));

interface Loaded {
  types: string[];
  output: unknown;
  error: string;
}

/** Loads the folder under the namespace "acme", and runs one of its nodes. */
async function load(folder: string, type?: string, inputs?: object): Promise<Loaded> {
  const run = type === undefined ? [] : [type, JSON.stringify(inputs)];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [LOADER, folder, 'acme', ...run]);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Loaded;
}

test('nodes of a folder outside the repository are loaded, whatever they are exported as', async () => {
  const folder = folderOf({
    'one.ts': `${IMPORT}const helper: number = 1;\nexport default ${node('one')};\nexport { helper };`,
    'two.mjs': `${IMPORT}import { three } from './_helpers.ts';\nexport const two = ${node('acme:two')};\nexport { three };`,
    '_helpers.ts': `${IMPORT}export const three = ${node('three')};`,
    'four.js': `${IMPORT}export const four = ${node('four')};\nexport default four;`,
    'four.test.ts': "throw new Error('a test was loaded');",
    'four.d.ts': 'export declare const four: unknown;',
    '.hidden.ts': "throw new Error('a hidden file was loaded');",
    'README.md': 'nothing',
    'deeper/five.ts': "throw new Error('a folder in the folder was loaded');",
  });
  const { types, output } = await load(folder, 'acme:one', { value: 4 });
  expect(types).toEqual(['acme:four', 'acme:one', 'acme:three', 'acme:two']);
  expect(output).toEqual({ value: 5 });
});

test('the packages of the runner are there, and those of the folder come first', async () => {
  const folder = folderOf({
    'size.ts': `${IMPORT}import sharp from 'sharp';\nimport { added } from 'zod';
      export const size = ${node('size', 'invoke: async ({ value }) => ({ value: (await sharp({ create: { width: value, height: 2, channels: 3, background: "red" } }).metadata()).width + added })')};`,
    'node_modules/zod/package.json': '{"name":"zod","type":"module","exports":"./index.js"}',
    'node_modules/zod/index.js': 'export const added = 100;',
  });
  expect((await load(folder, 'acme:size', { value: 4 })).output).toEqual({ value: 104 });
});

test('a folder may be a link', async () => {
  const real = folderOf({ 'one.ts': `${IMPORT}export const one = ${node('one')};` });
  const link = path.join(folderOf({}), 'link');
  symlinkSync(real, link);
  expect((await load(link)).types).toEqual(['acme:one']);
});

test.each<[string, Record<string, string>, string[]]>([
  ['an empty folder', { 'README.md': '' }, ['has no .ts, .js or .mjs file']],
  [
    'a file that throws',
    { 'bad.ts': "\nthrow new TypeError('no luck');" },
    ['bad.ts', 'TypeError: no luck', 'bad.ts:2'],
  ],
  ['a file that is not TypeScript', { 'bad.ts': 'const = 1;' }, ['bad.ts cannot be loaded']],
  ['a package that is nowhere', { 'bad.ts': "import 'no-such-package';" }, ['bad.ts', "'no-such-package'"]],
  ['a node that defineNode refuses', { 'bad.ts': `${IMPORT}export const x = ${node('X')};` }, ["node 'X': type is"]],
  [
    'a file without a node',
    { 'bad.ts': 'export const x = { definition: {}, invoke() {} };' },
    ['bad.ts exports no node'],
  ],
  [
    'another namespace',
    { 'bad.ts': `${IMPORT}export const x = ${node('other:x')};` },
    ['bad.ts (export x)', 'write "x"'],
  ],
  [
    'a definition that the service would refuse',
    { 'bad.ts': `${IMPORT}export const x = ${node('x', `description: '${'x'.repeat(20_000)}'`)};` },
    ['bad.ts (export x)', 'at most 16384 bytes'],
  ],
  [
    'two files with one type',
    {
      'a.ts': `${IMPORT}export const one = ${node('same')};`,
      'b.ts': `${IMPORT}export default ${node('acme:same')};`,
    },
    ['b.ts (export default) and a.ts (export one) are both of type "acme:same"'],
  ],
  [
    'several faults, each told',
    {
      'a.ts': "throw new Error('one');",
      'b.ts': "throw new Error('two');",
      'c.ts': `${IMPORT}export const c = ${node('c')};`,
    },
    ['a.ts', 'one', 'b.ts', 'two'],
  ],
])('%s is refused', async (_, files, told) => {
  const { error } = await load(folderOf(files));
  for (const part of told) expect(error).toContain(part);
});

test('a folder that is not there is refused', async () => {
  expect((await load('/no/such/folder')).error).toContain('/no/such/folder cannot be read');
});
