/**
 * Values made from a JSON Schema of /openapi.json, by fast-check: mostly valid, so that they come past the first check
 * and reach what lies behind it.
 */
import fc from 'fast-check';

type Schema = Record<string, unknown>;

const DEPTH_MAX = 6;

/** What breaks things that expect something else. */
export const HOSTILE_VALUES: unknown[] = [
  null,
  true,
  [],
  {},
  '',
  0,
  -1,
  1e308,
  Number.MAX_SAFE_INTEGER + 2,
  0.1,
  '\u0000',
  '\ud800',
  '../../etc/passwd',
  "'; DROP TABLE items; --",
  '$.x',
  '__proto__',
  'constructor',
  'x'.repeat(5_000),
  '9'.repeat(400),
  [[[[[[[[]]]]]]]],
  { constructor: { prototype: 1 } },
  Array.from({ length: 2_000 }, (_, index) => index),
];

const hostile = fc.constantFrom(...HOSTILE_VALUES);

/** Values that the schema allows, with now and then one that it does not at any place. */
export function sampleOf(schema: Schema, components: Record<string, Schema>, depth = 0): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: validOf(schema, components, depth) }, { weight: 1, arbitrary: hostile });
}

/** A document that fits, half of the time with a hostile value at some place of it, or with that place left out. */
export const brokenOf = (document: unknown): fc.Arbitrary<unknown> =>
  fc.tuple(fc.nat(), hostile, fc.constantFrom('whole', 'whole', 'replaced', 'left out')).map(([nth, value, how]) => {
    if (how === 'whole') return document;
    const copy: unknown = structuredClone(document);
    const places = placesOf(copy);
    const place = places[nth % (places.length || 1)];
    if (!place) return value;
    if (how === 'replaced') place.of[place.name] = value;
    else delete place.of[place.name];
    return copy;
  });

type Place = { of: Record<string, unknown>; name: string };

function placesOf(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const of = value as Record<string, unknown>;
  return Object.keys(of).flatMap((name) => [{ of, name }, ...placesOf(of[name])]);
}

function validOf(schema: Schema, components: Record<string, Schema>, depth: number): fc.Arbitrary<unknown> {
  if (depth > DEPTH_MAX) return fc.constant(null);
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return validOf(components[name] ?? {}, components, depth + 1);
  }
  if ('const' in schema) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as unknown[]));
  const choices = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined;
  if (choices) return fc.oneof(...choices.map((choice) => sampleOf(choice, components, depth + 1)));
  const [type] = [schema.type].flat();
  switch (type) {
    case 'object':
      return objectOf(schema, components, depth);
    case 'array':
      return fc.array(sampleOf((schema.items ?? {}) as Schema, components, depth + 1), { maxLength: 4 });
    case 'string':
      return schema.format === 'date-time' || /T/.test(String(schema.pattern ?? ''))
        ? fc.constantFrom('2030-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z', '2030-13-45T99:00:00.000Z')
        : fc.constantFrom('a', 'n', 'integer', 'value', 'default', 'runner', '1.0.0', 'b#0', 'ä€😀');
    case 'integer':
      return fc.constantFrom(0, 1, 2, 7, 500, 1_000_000, -1, 2 ** 31, 2 ** 53 - 1);
    case 'number':
      return fc.constantFrom(0, 1, 0.5, -1, 1e300, 1e-300);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return hostile;
  }
}

function objectOf(schema: Schema, components: Record<string, Schema>, depth: number): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  const required = new Set((schema.required ?? []) as string[]);
  const requiredKeys = properties.map(([name]) => name).filter((name) => required.has(name));
  const record = fc.record(
    Object.fromEntries(properties.map(([name, each]) => [name, sampleOf(each, components, depth + 1)])),
    { requiredKeys },
  );
  const more = schema.additionalProperties;
  if (typeof more !== 'object' || more === null) return record;
  const names = fc.constantFrom('n', 'a', '__proto__x', 'integer');
  const rest = fc.dictionary(names, sampleOf(more as Schema, components, depth + 1), { maxKeys: 3 });
  return fc.tuple(record, rest).map(([known, others]) => ({ ...(others as object), ...(known as object) }));
}
