import { expect, test } from 'vitest';
import catalogue from '../../graph/catalogue/builtin.json' with { type: 'json' };
import { PASS_THROUGH_TYPES } from './shown-result.ts';

const nodes = Object.entries(catalogue.node_types as Record<string, { category: string; outputs: object }>);

test('every node that hands on is in the catalogue', () => {
  const types = new Set(nodes.map(([type]) => type));
  expect([...PASS_THROUGH_TYPES].filter((type) => !types.has(type))).toEqual([]);
});

test('every primitive that can hold an asset hands on', () => {
  const holders = nodes.filter(
    ([, { category, outputs }]) =>
      category === 'primitives' && /"(image|latents|tensor|conditioning)(\[\])?"/.test(JSON.stringify(outputs)),
  );
  expect(holders.length).toBeGreaterThan(3);
  for (const [type] of holders) expect(PASS_THROUGH_TYPES, type).toContain(type);
});
