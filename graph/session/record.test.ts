import { describe, expect, test } from 'vitest';
import { nodeType } from '../testing/node-types.ts';
import { outputComplaint, recordOutput } from './record.ts';

const TYPE = nodeType('n', {}, { value: 'integer', latents: 'latents', mask: 'latents|null', note: 'string|null' });

describe('recordOutput', () => {
  test('keeps durable values, marks live ones with their shape, and adds the type', () => {
    const bytes = new Float32Array(4);
    const output = recordOutput(TYPE, { value: 1, latents: { shape: [1, 2, 2], bytes }, mask: null, note: null });
    expect(output).toEqual({
      type: 'n_output',
      value: 1,
      latents: { ephemeral: 'latents', shape: [1, 2, 2] },
      mask: null,
      note: null,
    });
    expect(JSON.parse(JSON.stringify(output))).toEqual(output);
  });

  test('keeps of any value what JSON keeps, and nothing that the node may change later', () => {
    const type = nodeType('n', {}, { value: 'any', list: 'any[]' });
    const list = [Number.NaN, { at: new Date(0), no: undefined }];
    const output = recordOutput(type, { value: () => 1, list });
    list.pop();
    expect(output).toEqual({ type: 'n_output', value: null, list: [null, { at: '1970-01-01T00:00:00.000Z' }] });
  });

  test('marks a live value without a shape, and leaves out what is not declared', () => {
    expect(recordOutput(TYPE, { latents: {}, extra: 1, toString: 2 })).toEqual({
      type: 'n_output',
      latents: { ephemeral: 'latents' },
    });
  });
});

describe('outputComplaint', () => {
  test.each<[Record<string, unknown>, string | undefined]>([
    [{ value: 1, latents: {}, note: 'x' }, undefined],
    [{ value: 1.5, latents: {} }, 'n returned no integer in "value".'],
    [{ latents: {} }, 'n returned no integer in "value".'],
    [{ value: 1 }, 'n returned no latents in "latents".'],
    [{ value: 1, latents: {}, note: 1 }, 'n returned no string|null in "note".'],
  ])('%j: %s', (output, complaint) => {
    expect(outputComplaint(TYPE, output)).toBe(complaint);
  });
});
