/** The evaluator against an implementation that is not ours: they agree on every schema of the subset. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonSchema } from '../../contract/graph/catalogue.ts';
import { evaluate } from './evaluate.ts';
import { outsideSubset } from './subset.ts';
import { TYPE_MEANINGS } from './type-name.ts';

/** The last is one that every object inherits. */
const KEYS = ['a', 'b', 'isPrototypeOf'];
const key = fc.constantFrom(...KEYS);
const name = fc.constantFrom(...Object.keys(TYPE_MEANINGS));
const bound = fc.integer({ min: -3, max: 3 });
const length = fc.integer({ min: 0, max: 3 });

/** Few of each kind, so that schemas and values meet; no whole number that is unsafe, which the evaluator alone refuses. */
const value = fc.letrec((tie) => ({
  scalar: fc.oneof(
    fc.constantFrom<unknown>(null, true, false, '', 'a', 'ab', '👍', '👍👍👍👍'),
    fc.integer({ min: -4, max: 4 }),
    fc.constantFrom(0.5, -1.5, 0.3, 0.35, -0),
  ),
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('scalar'),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(key, tie('any'), { noNullPrototype: true }),
  ),
})).any;

const schema = fc.letrec<{ schema: JsonSchema; types: JsonSchema; limits: JsonSchema; nested: JsonSchema }>((tie) => ({
  types: fc.record({ type: fc.oneof(name, fc.uniqueArray(name, { minLength: 1, maxLength: 3 })) }),
  limits: fc.record(
    {
      const: value,
      enum: fc.array(value, { minLength: 1, maxLength: 5 }),
      minimum: bound,
      maximum: bound,
      exclusiveMinimum: bound,
      exclusiveMaximum: bound,
      multipleOf: fc.constantFrom(1, 2, 0.5, 0.1),
      minLength: length,
      maxLength: length,
      minItems: length,
      maxItems: length,
      title: fc.constant('A title.'),
    },
    { requiredKeys: [] },
  ),
  nested: fc.record(
    {
      items: tie('schema'),
      properties: fc.dictionary(key, tie('schema'), { noNullPrototype: true }),
      required: fc.uniqueArray(key, { maxLength: 2 }),
      additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
      anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: [] },
  ),
  schema: fc.oneof(
    { maxDepth: 3 },
    tie('types'),
    // One limit at a time is met often enough by chance; several at once hardly ever.
    tie('limits').map((limits) => Object.fromEntries(Object.entries(limits).slice(0, 1))),
    fc.tuple(tie('types'), tie('nested')).map(([types, nested]) => ({ ...types, ...nested })),
    tie('nested'),
  ),
})).schema;

/** Decimal steps are not exact in binary: the evaluator allows for that, and ajv when it is told to. */
const ajv = new Ajv2020({ strict: false, ownProperties: true, multipleOfPrecision: 9 });

test('the evaluator and ajv agree on every schema of the subset', () => {
  const seen = { valid: 0, invalid: 0 };
  fc.assert(
    fc.property(schema, fc.array(value, { minLength: 10, maxLength: 20 }), (drawn, values) => {
      expect(outsideSubset(drawn)).toEqual([]);
      const validate = ajv.compile(drawn);
      for (const each of values) {
        const agreed = evaluate(drawn, each).faults.length === 0;
        expect([each, agreed]).toEqual([each, validate(each)]);
        seen[agreed ? 'valid' : 'invalid']++;
      }
    }),
    { numRuns: 400 },
  );
  expect(Math.min(seen.valid, seen.invalid)).toBeGreaterThan(500);
});
