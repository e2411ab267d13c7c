import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
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

describe('values that come back', () => {
  const named = (name: string, value: string) => ({
    invocation_id: name,
    result: { type: 'node_output', text: { asset_name: value, content_type: 'application/json', stored: 'string' } },
  });

  test('are read some at a time, and each once', async () => {
    const results = Array.from({ length: 100 }, (_, index) => named(`n${index}`, String(index % 40)));
    const reads: string[] = [];
    let under_way = 0;
    let most = 0;
    const whole = await brought(results, async (name) => {
      reads.push(name);
      most = Math.max(most, ++under_way);
      await Promise.resolve();
      under_way -= 1;
      return Buffer.from(JSON.stringify(`value ${name}`));
    });
    expect(whole.map(({ result }) => result.text)).toEqual(results.map((_, index) => `value ${index % 40}`));
    expect(reads.sort()).toEqual(Array.from({ length: 40 }, (_, index) => String(index)).sort());
    expect(most).toBe(8);
  });

  test('fail with the first that does, and no other is begun after it', async () => {
    const results = Array.from({ length: 100 }, (_, index) => named(`n${index}`, String(index)));
    const reads: string[] = [];
    const read = async (name: string) => {
      reads.push(name);
      if (name === '3') throw new Error('no 3');
      await new Promise(setImmediate);
      return Buffer.from('"x"');
    };
    await expect(brought(results, read)).rejects.toThrow('no 3');
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(reads).toHaveLength(8);
  });

  test('two places of one value do not share it', async () => {
    const list = (name: string) => ({
      invocation_id: name,
      result: { type: 't', list: { asset_name: 'a', content_type: 'application/json', stored: 'integer[]' } },
    });
    const [one, two] = await brought([list('x'), list('y')], async () => Buffer.from('[1]'));
    expect(one?.result.list).toEqual([1]);
    expect(one?.result.list).not.toBe(two?.result.list);
  });
});
