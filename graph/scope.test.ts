import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ITERATION_DEPTH_MAX } from '../contract/limits.ts';
import type { ControlKind } from './control.ts';
import { type ScopeEdge, scopesOf } from './scope.ts';

/** `it` and `it2` are iterates, `col…` collects, `if…` ifs, all others ordinary; edges as `a > col.item`. */
function scopeOf(names: string, ...edges: string[]) {
  const ids = names.split(' ');
  const at = (id: string) => ids.indexOf(id);
  const { topological, scopes } = scopesOf(
    ids.map((id) => ({ control: kindOf(id) })),
    edges.map((edge) => {
      const [from = '', to = ''] = edge.split(' > ');
      const [node = '', field = 'value'] = to.split('.');
      return { from: at(from), to: at(node), field };
    }),
  );
  return {
    order: topological.map((index) => ids[index]).join(' '),
    scopes: Object.fromEntries(ids.map((id, index) => [id, scopes[index]?.map((each) => ids[each]).join(',')])),
  };
}

function kindOf(id: string): ControlKind | undefined {
  if (id.startsWith('it')) return 'iterate';
  if (id.startsWith('col')) return 'collect';
  return id.startsWith('if') ? 'if' : undefined;
}

describe('scopesOf', () => {
  test('orders first in first out, by submitted order, whatever the order of edges', () => {
    const edges = ['c > d', 'a > e', 'a > b', 'b > d', 'e > d'];
    expect(scopeOf('d c b a e', ...edges).order).toBe('c a b e d');
    expect(scopeOf('d c b a e', ...edges.reverse()).order).toBe('c a b e d');
  });

  test('opens a dimension at iterate and closes the innermost at collect', () => {
    const { scopes } = scopeOf('r it mul col out', 'r > it', 'it > mul', 'mul > col.item', 'col > out');
    expect(scopes).toEqual({ r: '', it: 'it', mul: 'it', col: '', out: '' });
  });

  test('nests along a lineage, and an inner collect keeps the outer dimension', () => {
    const edges = ['r > it', 'it > l', 'l > it2', 'it2 > m', 'm > col.item', 'it > m', 'col > col2.item'];
    expect(scopeOf('r it l it2 m col col2', ...edges).scopes).toEqual({
      r: '',
      it: 'it',
      l: 'it',
      it2: 'it,it2',
      m: 'it,it2',
      col: 'it',
      col2: '',
    });
  });

  test('joins independent iterations in topological order, not in that of nodes or edges', () => {
    const { scopes } = scopeOf('m it2 it b a', 'a > b', 'a > it', 'b > it2', 'it2 > m', 'it > m', 'it2 > if');
    expect(scopes.m).toBe('it,it2');
  });

  test('takes the whole scope along a collect’s collection, and outer scopes of all its items', () => {
    const edges = ['r > it', 'r > it2', 'it > a', 'it2 > a', 'it > b', 'r > c'];
    const scope = (...into: string[]) => scopeOf('r it it2 a b c col', ...edges, ...into).scopes.col;
    expect(scope('a > col.item')).toBe('it');
    expect(scope('b > col.collection')).toBe('it');
    expect(scope('a > col.item', 'b > col.item', 'c > col.item')).toBe('it');
    expect(scope('c > col.item', 'a > col.collection')).toBe('it,it2');
  });

  test('an if has the scope of everything that leads there', () => {
    expect(scopeOf('r it if', 'r > if.true_input', 'it > if.condition').scopes.if).toBe('it');
  });

  test('leaves a circle, and what is behind it, out', () => {
    const { order, scopes } = scopeOf('r it a b c s', 'r > it', 'it > a', 'a > b', 'b > a', 'b > c', 's > s', 'it > c');
    expect(order).toBe('r it');
    expect(scopes).toMatchObject({ it: 'it', a: '', b: '', c: '', s: '' });
  });

  test('stays short for thousands of nested iterations', () => {
    const nodes = Array.from({ length: 5_000 }, () => ({ control: 'iterate' as const }));
    const edges: ScopeEdge[] = nodes.flatMap((_, to) =>
      [1, 2, 3, 4].filter((step) => step <= to).map((step) => ({ from: to - step, to, field: 'collection' })),
    );
    const { topological, scopes } = scopesOf(nodes, edges);
    expect(topological).toHaveLength(5_000);
    expect(scopes[ITERATION_DEPTH_MAX - 1]).toHaveLength(ITERATION_DEPTH_MAX);
    expect(Math.max(...scopes.map((scope) => scope.length))).toBe(ITERATION_DEPTH_MAX + 1);
  });
});

const KINDS = [undefined, 'iterate', 'collect', 'if'] as const;
const graphs = fc.array(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 14 }).chain((kinds) =>
  fc.tuple(
    fc.constant(kinds),
    fc.array(
      fc.record({
        from: fc.nat(kinds.length - 1),
        to: fc.nat(kinds.length - 1),
        field: fc.constantFrom('item', 'collection'),
      }),
      { maxLength: 30 },
    ),
  ),
);

test('of any graph, scopes are what their definition says, and parents come before children', () => {
  fc.assert(
    fc.property(graphs, ([kinds, edges]) => {
      const { topological, scopes } = scopesOf(
        kinds.map((control) => ({ control })),
        edges,
      );
      const place = new Map(topological.map((index, at) => [index, at]));
      for (const [index, scope] of scopes.entries()) {
        const entering = edges.filter(({ to }) => to === index);
        if (!place.has(index)) {
          expect(scope).toEqual([]);
          expect(entering.some(({ from }) => !place.has(from))).toBe(true);
          continue;
        }
        const wanted = new Set<number>();
        for (const { from, field } of entering) {
          expect(place.get(from)).toBeLessThan(place.get(index) ?? -1);
          const brought = scopes[from] ?? [];
          for (const each of kinds[index] === 'collect' && field === 'item' ? brought.slice(0, -1) : brought)
            wanted.add(each);
        }
        if (kinds[index] === 'iterate') wanted.add(index);
        expect(scope).toEqual([...wanted].sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0)));
      }
    }),
  );
});
