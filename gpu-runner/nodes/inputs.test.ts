/** What holds for every input of every built-in node: it says what it is, and no literal of it is without a bound. */
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../contract/graph/catalogue.ts';
import { BUILTIN_NODES } from './registry.ts';

/** The parts of a schema that take a text of any length, or a list of any number of elements. */
function unbounded(schema: JsonSchema, path = ''): string[] {
  const found: string[] = [];
  if (schema.type === 'string' && schema.maxLength === undefined && schema.enum === undefined)
    found.push(`${path} text`);
  if (schema.type === 'array' && schema.maxItems === undefined) found.push(`${path} list`);
  const inner = [schema.items, ...((schema.anyOf as JsonSchema[] | undefined) ?? [])];
  return found.concat(inner.flatMap((part) => (part ? unbounded(part as JsonSchema, `${path}/`) : [])));
}

describe.each([...BUILTIN_NODES])('%s', (_, { definition }) => {
  const inputs = Object.entries(definition.inputs);

  it('says what it does, and what each input is, in sentences', () => {
    const texts = [definition.description, ...inputs.map(([, { description }]) => description)];
    for (const text of texts) expect(text).toMatch(/^\S[\s\S]*[.!?]$/);
  });

  it('bounds every text and list', () => {
    expect(inputs.flatMap(([name, { schema }]) => unbounded(schema, name))).toEqual([]);
  });
});
