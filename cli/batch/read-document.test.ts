import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import builtin from '../../graph/catalogue/builtin.json' with { type: 'json' };
import { UsageError } from '../exit-code.ts';
import { readDocument } from './read-document.ts';

let asked = 0;
const catalogue = async () => {
  asked++;
  return builtin as unknown as Catalogue;
};

function file(content: string | Uint8Array): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-document-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(path.join(folder, 'file'), content);
  return path.join(folder, 'file');
}

test('a document of ours is taken as it is, and nothing is asked of the service', async () => {
  const graph = { nodes: { sum: { type: 'add' } } };
  expect(await readDocument(file(JSON.stringify(graph)), catalogue)).toEqual({ body: { batch: { graph } }, notes: [] });
  expect(asked).toBe(0);
});

test("a workflow of InvokeAI's editor is imported, and what it lacks is told", async () => {
  const node = (id: string, type: string, inputs: Record<string, { value: unknown }>) => ({
    id,
    type: 'invocation',
    position: { x: 0, y: 0 },
    data: {
      id,
      type,
      version: '1.0.0',
      label: '',
      notes: '',
      isOpen: true,
      isIntermediate: false,
      useCache: true,
      inputs,
    },
  });
  const workflow = {
    name: 'w',
    meta: { version: '3.0.0', category: 'user' },
    exposedFields: [],
    nodes: [
      node('0b1c9d1e-0000-4000-8000-000000000001', 'add', { a: { value: 1 }, b: { value: 2 } }),
      node('0b1c9d1e-0000-4000-8000-000000000002', 'flux_text_encoder', {}),
    ],
    edges: [],
  };
  const { body, notes } = await readDocument(file(JSON.stringify(workflow)), catalogue);
  expect(Object.values(body.batch.graph.nodes)).toMatchObject([{ type: 'add', a: 1, b: 2 }]);
  expect(notes.join('\n')).toContain('flux_text_encoder');
});

test('anything else is a usage error that names the file', async () => {
  const picture = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  for (const content of ['{', '{"a":1}', '"text"', picture]) {
    const place = file(content);
    await expect(readDocument(place, catalogue)).rejects.toThrow(UsageError);
    await expect(readDocument(place, catalogue)).rejects.toThrow(place);
  }
  await expect(readDocument('/nowhere/at/all.json', catalogue)).rejects.toThrow('cannot be read');
});
