import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StoredValue } from '../../contract/graph/graph.ts';
import { OUTPUT_BYTES_MAX } from '../../contract/limits.ts';
import { nodeType } from '../../graph/testing/node-types.ts';
import { brought, stored } from './stored-values.ts';

const TYPE = nodeType('node', {}, { list: 'integer[]', text: 'string', few: 'integer[]', nothing: 'string|null' });

function store() {
  const assets = new Map<string, Uint8Array>();
  return {
    assets,
    write: (bytes: Uint8Array) => {
      const name = createHash('sha256').update(bytes).digest('hex');
      assets.set(name, bytes);
      return name;
    },
    read: async (name: string) => assets.get(name) ?? Promise.reject(new Error(`no ${name}`)),
  };
}

test('what fits a record is the record', () => {
  const { assets, write } = store();
  const output = { type: 'node_output', list: [1, 2], text: 'x', few: [], nothing: null };
  expect(stored(TYPE, output, {}, write)).toBe(output);
  expect(assets.size).toBe(0);
});

test('the largest fields are stored, as many as have to be; a list says how long it is', () => {
  const { assets, write } = store();
  const list = Array.from({ length: 20_000 }, (_, index) => index);
  const record = stored(
    TYPE,
    { type: 'node_output', list, text: 'x'.repeat(1_000), few: [1], nothing: null },
    {},
    write,
  );
  expect(record).toMatchObject({ type: 'node_output', text: 'x'.repeat(1_000), few: [1], nothing: null });
  expect(StoredValue.parse(record.list)).toEqual({
    asset_name: [...assets.keys()][0],
    content_type: 'application/json',
    stored: 'integer[]',
    length: 20_000,
  });
  expect(JSON.parse(Buffer.from([...assets.values()][0]!).toString())).toEqual(list);
  const both = stored(
    TYPE,
    { type: 'node_output', list, text: 'y'.repeat(100_000), few: [], nothing: null },
    {},
    write,
  );
  expect(StoredValue.parse(both.text)).not.toHaveProperty('length');
});

test('comes back as it was, and the record fits', async () => {
  const size = fc.integer({ min: 0, max: 60_000 });
  await fc.assert(
    fc.asyncProperty(size, size, size, async (a, b, c) => {
      const { write, read } = store();
      const output = {
        ...{ type: 'node_output', text: 'ä'.repeat(a), nothing: null },
        list: new Array<number>(b).fill(7),
        few: new Array<number>(c).fill(123_456),
      };
      const result = JSON.parse(JSON.stringify(stored(TYPE, output, {}, write)));
      expect(JSON.stringify(result).length).toBeLessThanOrEqual(OUTPUT_BYTES_MAX);
      expect(await brought([{ invocation_id: 'n', result }], read)).toEqual([{ invocation_id: 'n', result: output }]);
    }),
    { numRuns: 30 },
  );
});

test('a value that looks stored comes back as it was, and no asset is read for it', async () => {
  const { write, read } = store();
  const text = { asset_name: 'f'.repeat(64), content_type: 'application/json', stored: 'string', length: 2 };
  const output = { type: 'node_output', list: [], text, few: [], nothing: null };
  const result = JSON.parse(JSON.stringify(stored(TYPE, output, { text }, write)));
  expect(await brought([{ invocation_id: 'n', result }], read)).toEqual([{ invocation_id: 'n', result: output }]);
});

test('new assets are not named where the queue does not see them; those that came in may be', () => {
  const images = Array.from({ length: 1_000 }, (_, index) => ({ image_name: index.toString(16).padStart(64, '0') }));
  const pictures = nodeType('pictures', {}, { collection: 'image[]' });
  const output = { type: 'pictures_output', collection: images };
  const { assets, write } = store();
  expect(() => stored(pictures, output, { collection: images.slice(1) }, write)).toThrow(
    '"collection" names 1 new images or files and is over 65536 bytes of JSON; return fewer at once.',
  );
  expect(assets.size).toBe(0);
  expect(stored(pictures, output, { collection: images }, write).collection).toMatchObject({ length: 1_000 });
});
