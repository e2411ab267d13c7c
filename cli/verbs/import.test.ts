import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { batchOf } from '../batch/document.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { type ImportVerbOptions, importFile } from './import.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-import-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const out = path.join(folder, 'out.json');

/** Runs the verb on a document; what it printed and wrote. */
async function runImport(document: unknown, options: Partial<ImportVerbOptions> = {}) {
  const file = path.join(folder, 'in.json');
  writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document));
  const printed = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += String(text);
      return true;
    }),
  );
  try {
    return { code: await importFile(file, { model: [], queue: 'default', ...options }), ...printed };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const loader = (model: unknown) => ({ nodes: { a: { type: 'main_model_loader', model } }, edges: [] });

test('a graph whose model is named is whole, and is what run reads', async () => {
  const { code, stdout } = await runImport(loader({ name: 'x=y' }), { model: ['x=y=tiny-diffusion'], out });
  expect(code).toBe(EXIT.ok);
  expect(stdout).toContain('1 node, 0 edges, in ');
  const written = batchOf(JSON.parse(readFileSync(out, 'utf8')));
  expect(written.batch.graph.nodes.main_model_loader).toMatchObject({ model: { key: 'tiny-diffusion' } });
});

test('what could not be taken along is told beside the graph, and by the exit code', async () => {
  const { code, stdout, stderr } = await runImport(loader({ name: 'dream\u001b[2Jer' }));
  expect(code).toBe(EXIT.incomplete);
  expect(JSON.parse(stdout)).toHaveProperty('nodes.main_model_loader');
  expect(stderr).toContain('To be given before it runs:\n  main_model_loader.model\n');
  expect(stderr).not.toContain('\u001b');
  const line = await runImport(loader(null), { json: true, keepIds: true });
  expect(JSON.parse(line.stdout)).toMatchObject({ ids: { a: 'a' }, unmapped: [{ node_id: 'a', required: true }] });
});

test('a batch is written as one', async () => {
  const graph = { nodes: { n: { type: 'integer', value: 1 } }, edges: [] };
  const data = [[{ node_path: 'n', field_name: 'value', items: [1, 2, 3] }]];
  const { code, stdout } = await runImport({ batch: { graph, data, runs: 2 } }, { out });
  expect([code, stdout.split('\n')[0]]).toEqual([EXIT.ok, `1 node, 0 edges, a batch of 6 items, in ${out}`]);
  const renamed = [[{ node_path: 'integer', field_name: 'value', items: [1, 2, 3] }]];
  expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ data: renamed, runs: 2 });
});

test.each([
  ['a file that is not there', () => importFile(path.join(folder, 'none.json'), { model: [], queue: 'default' })],
  ['a file that is no JSON', () => runImport('hello')],
  ['a document of something else', () => runImport({ hello: 1 })],
  ['a model without a key', () => runImport(loader(null), { model: ['x='] })],
])('%s is a mistake in the command', async (_, called) => {
  await expect(called()).rejects.toBeInstanceOf(UsageError);
});
