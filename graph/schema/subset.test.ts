import { describe, expect, test } from 'vitest';
import { outsideSubset } from './subset.ts';

describe('outsideSubset', () => {
  test('is content with every keyword of the subset', () => {
    const schema = {
      title: 'T',
      description: 'D',
      type: 'object',
      properties: {
        n: {
          type: ['integer', 'null'],
          minimum: 0,
          maximum: 9,
          exclusiveMinimum: -1,
          exclusiveMaximum: 10,
          multipleOf: 2,
        },
        s: { type: 'string', minLength: 0, maxLength: 3, enum: ['a'], default: 'a' },
        l: { type: 'array', items: { const: 1 }, minItems: 0, maxItems: 2, default: [1] },
        u: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      },
      required: ['n'],
      additionalProperties: { type: 'string' },
    };
    expect(outsideSubset(schema)).toEqual([]);
  });

  const cases: [schema: unknown, complaint: RegExp][] = [
    [true, /^\/: a schema must be an object/],
    [{ pattern: '^a+$' }, /^\/pattern: the keyword "pattern" is outside the subset/],
    [{ properties: { a: { $ref: '#' } } }, /^\/properties\/a\/\$ref: /],
    [{ type: 'array', prefixItems: [{}] }, /^\/prefixItems: /],
    [{ anyOf: [{ oneOf: [] }] }, /^\/anyOf\/0\/oneOf: /],
    [{ type: 'whole' }, /^\/type: must be a type name/],
    [{ type: [] }, /^\/type: /],
    [{ minimum: '1' }, /^\/minimum: must be a finite number/],
    [{ multipleOf: 0 }, /^\/multipleOf: must be a positive number/],
    [{ maxLength: -1 }, /^\/maxLength: /],
    [{ enum: [] }, /^\/enum: /],
    [{ items: [{}] }, /^\/items: must be a schema object/],
    [{ required: 'a' }, /^\/required: /],
    [{ toString: 1 }, /^\/toString: the keyword "toString"/],
    [{ properties: JSON.parse('{"__proto__": {}}') }, /^\/properties: must be an object of schemas/],
    [{ type: 'integer', default: 'ten' }, /^\/default: the default does not fit its schema/],
    [{ type: 'object', properties: { a: { type: 'integer', minimum: 1, default: 0 } } }, /^\/properties\/a\/default: /],
  ];
  test.each(cases)('names what %j says beyond it', (schema, complaint) => {
    expect(outsideSubset(schema)).toEqual([expect.stringMatching(complaint)]);
  });

  test('names every fault, and ends on a schema without end', () => {
    expect(outsideSubset({ pattern: 'a', format: 'uri' })).toHaveLength(2);
    const endless: Record<string, unknown> = { type: 'array' };
    endless.items = endless;
    expect(outsideSubset(endless)[0]).toContain('nested deeper than');
  });
});
