import { describe, expect, test } from 'vitest';
import { evaluate } from './evaluate.ts';

const codes = (schema: Record<string, unknown>, value: unknown) =>
  evaluate(schema, value).faults.map(({ path, code }) => [path.join('/'), code].join(' ').trim());

const object = (properties: Record<string, unknown>, rest: Record<string, unknown> = {}) => ({
  type: 'object',
  properties,
  ...rest,
});

describe('evaluate', () => {
  const cases: [schema: Record<string, unknown>, value: unknown, faults: string[]][] = [
    [{}, 'anything', []],
    [{}, undefined, ['missing']],
    [{ type: 'string' }, 'a', []],
    [{ type: 'string' }, 1, ['invalid_type']],
    [{ type: 'string' }, null, ['invalid_type']],
    [{ type: ['string', 'null'] }, null, []],
    [{ type: ['string', 'null'] }, [], ['invalid_type']],
    [{ type: 'integer' }, 1.0, []],
    [{ type: 'integer' }, 1.5, ['invalid_type']],
    [{ type: 'integer' }, 2 ** 53, ['invalid_type']],
    [{ type: 'integer' }, 2 ** 53 - 1, []],
    [{ type: 'number' }, Number.NaN, ['invalid_type']],
    [{ type: 'number' }, Number.POSITIVE_INFINITY, ['invalid_type']],
    [{ type: 'number' }, '1', ['invalid_type']],
    [{ type: 'boolean' }, 0, ['invalid_type']],
    [{ type: 'object' }, [], ['invalid_type']],
    [{ type: 'array' }, {}, ['invalid_type']],
    [{ const: { a: [1] } }, { a: [1] }, []],
    [{ const: { a: [1] } }, { a: [2] }, ['invalid_value']],
    [{ enum: ['a', 1, null] }, null, []],
    [{ enum: ['a', 1, null] }, 'b', ['invalid_value']],
    [{ minimum: 1, maximum: 3 }, 1, []],
    [{ minimum: 1, maximum: 3 }, 3, []],
    [{ minimum: 1 }, 0.999, ['invalid_value']],
    [{ maximum: 3 }, 3.001, ['invalid_value']],
    [{ exclusiveMinimum: 0 }, 0, ['invalid_value']],
    [{ exclusiveMaximum: 1 }, 1, ['invalid_value']],
    [{ minimum: 1 }, 'a string is not judged by a number', []],
    [{ multipleOf: 8 }, 512, []],
    [{ multipleOf: 8 }, 513, ['invalid_value']],
    [{ multipleOf: 0.1 }, 0.3, []],
    [{ multipleOf: 0.1 }, 0.35, ['invalid_value']],
    [{ minLength: 2 }, '👍', ['invalid_value']],
    [{ minLength: 2 }, '👍👍', []],
    [{ maxLength: 2 }, '👍👍', []],
    [{ maxLength: 2 }, 'abc', ['too_large']],
    [{ minItems: 1 }, [], ['invalid_value']],
    [{ maxItems: 1 }, [1, 2], ['too_large']],
    [{ items: { type: 'integer' } }, [1, 'a', 2, null], ['1 invalid_type', '3 invalid_type']],
    [object({ a: { type: 'string' } }, { required: ['a'] }), {}, ['a missing']],
    [object({ a: { type: 'string' } }), { b: 1 }, []],
    [object({ a: { type: 'string' } }, { additionalProperties: false }), { b: 1 }, ['b unknown_field']],
    [object({}, { additionalProperties: { type: 'integer' } }), { b: 'x' }, ['b invalid_type']],
    [object({ constructor: { type: 'string' } }, { required: ['toString'] }), {}, ['toString missing']],
    [{ anyOf: [{ type: 'string' }, { type: 'integer', minimum: 1 }] }, 'a', []],
    [{ anyOf: [{ type: 'string' }, { type: 'integer', minimum: 1 }] }, 0, ['invalid_value']],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 1, ['invalid_type']],
    [{ anyOf: [{ type: 'null' }, object({ a: { type: 'string' } })] }, { a: 1 }, ['a invalid_type']],
  ];
  test.each(cases)('%j judges %j: %j', (schema, value, faults) => {
    expect(codes(schema, value)).toEqual(faults);
  });

  test('says what to do, in a sentence', () => {
    expect(evaluate({ type: ['integer', 'null'] }, 'x').faults[0]?.detail).toBe(
      'Give a whole number or null here instead of a string.',
    );
    expect(evaluate({ enum: ['ddim', 'euler'] }, 'x').faults[0]?.detail).toBe('Give one of "ddim", "euler".');
  });

  test('fills defaults in at every depth and leaves what it was given alone', () => {
    const schema = object({
      steps: { type: 'integer', default: 10 },
      inner: object({ scale: { type: 'number', default: 7.5 } }),
      list: { type: 'array', items: object({ on: { type: 'boolean', default: true } }) },
    });
    const given = { inner: {}, list: [{}, { on: false }] };
    const { value, faults } = evaluate(schema, given);
    expect(faults).toEqual([]);
    expect(value).toEqual({ steps: 10, inner: { scale: 7.5 }, list: [{ on: true }, { on: false }] });
    expect(given).toEqual({ inner: {}, list: [{}, { on: false }] });
    expect(evaluate({ type: 'integer', default: 3 }, undefined)).toEqual({ value: 3, faults: [] });
  });

  test('copies only to fill a default in', () => {
    const schema = object({ a: { type: 'array', items: { type: 'integer' } }, b: { type: 'integer', default: 1 } });
    const whole = { a: [1, 2], b: 2 };
    expect(evaluate(schema, whole).value).toBe(whole);
    const part = { a: [1, 2] };
    const filled = evaluate(schema, part).value as { a: number[] };
    expect(filled).not.toBe(part);
    expect(filled.a).toBe(part.a);
  });

  test('takes the first alternative that holds, with its defaults', () => {
    const schema = { anyOf: [{ type: 'null' }, object({ on: { type: 'boolean', default: true } })] };
    expect(evaluate(schema, {}).value).toEqual({ on: true });
  });

  test('refuses __proto__ as a key and never follows it', () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "a": 1}');
    const schema = object({ a: { type: 'integer' }, polluted: { type: 'integer', default: 2 } });
    const { value, faults } = evaluate(schema, hostile);
    expect(faults.map(({ path, code }) => [path, code])).toEqual([[['__proto__'], 'forbidden_key']]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(codes({}, [hostile])).toEqual([]);
    expect(codes({ items: {} }, [hostile])).toEqual(['0/__proto__ forbidden_key']);
  });

  test('is bounded: at most 100 faults of one value, and no schema deeper than a body', () => {
    expect(evaluate({ items: { type: 'string' } }, new Array(10_000).fill(1)).faults).toHaveLength(100);
    let deep: Record<string, unknown> = { type: 'integer' };
    for (let level = 0; level < 40; level++) deep = { type: 'array', items: deep };
    expect(() => evaluate(deep, [])).toThrow(RangeError);
  });
});
