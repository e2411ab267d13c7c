import { expect, it } from 'vitest';
import type { NodeType } from '../../contract/graph/catalogue.ts';
import { defineNode } from './define-node.ts';
import { integer } from './fields.ts';
import { lockVersions, VersionLockError } from './version-lock.ts';

const { definition } = defineNode({
  type: 'sample',
  version: '1.0.0',
  title: 'Sample',
  category: 'test',
  deterministic: true,
  inputs: { value: integer({ minimum: 0, default: 1 }) },
  output_type: 'sample_output',
  outputs: { value: integer({}) },
  invoke: ({ value }) => ({ value }),
});
const input = definition.inputs.value!;
const catalogueOf = (change: Partial<NodeType>) => ({ node_types: { sample: { ...definition, ...change } } });
const lock = lockVersions({}, catalogueOf({}));

it('knows each type in each version that it has had', () => {
  expect(lock).toEqual({ 'sample@1.0': expect.stringMatching(/^[0-9a-f]{16}$/) });
  expect(lockVersions(lock, catalogueOf({ version: '1.0.1' }))).toEqual(lock);
  const next = lockVersions(lock, catalogueOf({ version: '1.1.0' }));
  expect(next).toEqual({ ...lock, 'sample@1.1': lock['sample@1.0'] });
  expect(lockVersions(next, { node_types: {} })).toEqual(next);
});

it.each<[string, Partial<NodeType>]>([
  ['another default', { inputs: { value: { ...input, schema: { ...input.schema, default: 2 } } } }],
  ['another bound', { inputs: { value: { ...input, schema: { ...input.schema, minimum: 1 } } } }],
  ['an input that is required now', { inputs: { value: { ...input, required: true } } }],
  ['one more input', { inputs: { value: input, other: input } }],
  ['another output', { outputs: { value: { ...definition.outputs.value!, field_type: 'float' } } }],
  ['another promise', { deterministic: false }],
])('refuses %s under the same version, or a patch of it', (_, change) => {
  for (const version of ['1.0.0', '1.0.1']) {
    expect(() => lockVersions(lock, catalogueOf({ ...change, version }))).toThrow(VersionLockError);
    expect(() => lockVersions(lock, catalogueOf({ ...change, version }))).toThrow(
      /^sample@1\.0: .* new minor or major/,
    );
  }
  expect(Object.keys(lockVersions(lock, catalogueOf({ ...change, version: '2.0.0' })))).toHaveLength(2);
});

it('does not mind other words, or the order of keys', () => {
  const { schema, ...rest } = input;
  const reversed = Object.fromEntries(Object.entries(schema).reverse());
  const change = { title: 'Other', inputs: { value: { schema: reversed, ...rest, description: 'Other.', ui: {} } } };
  expect(lockVersions(lock, catalogueOf(change))).toEqual(lock);
});
