import { describe, expect, test } from 'vitest';
import { inputOf, mergeCatalogues, nodeTypeOf, outputOf } from './catalogue.ts';
import { catalogueOf, nodeType, TEST_CATALOGUE } from './testing/node-types.ts';

describe('the catalogue', () => {
  test('looks up by own names only', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'nope']) {
      expect(nodeTypeOf(TEST_CATALOGUE, name)).toBeUndefined();
      expect(inputOf(TEST_CATALOGUE.node_types.add!, name)).toBeUndefined();
      expect(outputOf(TEST_CATALOGUE.node_types.add!, name)).toBeUndefined();
    }
    expect(nodeTypeOf(TEST_CATALOGUE, 'add')?.type).toBe('add');
    expect(inputOf(TEST_CATALOGUE.node_types.add!, 'a')?.field_type).toBe('integer');
  });

  test('has no field of a common name, whatever a node type says', () => {
    const odd = nodeType('odd', { id: { type: 'string' }, use_cache: { type: 'boolean' } }, { type: 'string' });
    expect([inputOf(odd, 'id'), inputOf(odd, 'use_cache'), outputOf(odd, 'type')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('merges; the first of a name wins, so that nobody replaces a built-in node', () => {
    const builtin = catalogueOf(nodeType('a', {}, {}));
    const own = catalogueOf(nodeType('a', {}, {}, { version: '9.0.0' }), nodeType('mine:b', {}, {}));
    const { node_types } = mergeCatalogues(builtin, own);
    expect(Object.entries(node_types).map(([name, { version }]) => [name, version])).toEqual([
      ['a', '1.0.0'],
      ['mine:b', '1.0.0'],
    ]);
  });

  test('is not harmed by a type named __proto__', () => {
    const hostile = JSON.parse('{"node_types": {"__proto__": {"type": "__proto__", "version": "1.0.0"}}}');
    expect(Object.getPrototypeOf(mergeCatalogues(hostile).node_types)).toBe(Object.prototype);
  });
});
