import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import { canonicalJson } from './canonical.ts';
import { DerivationKeys } from './derivation-keys.ts';

const digest = (text: string) => hash('sha256', text);

type Node = { id: string; type: string } & Record<string, unknown>;
const graphOf = (nodes: Node[], edges: string[] = [], types: Record<string, string> = {}): PinnedGraph => ({
  engine: 1,
  types: { add: '1.0.0', noise: '1.0.0', ...types },
  nodes: nodes.map((node) => ({ is_intermediate: false, use_cache: true, ...node })),
  edges: edges.map((edge) => {
    const [from = '', to = ''] = edge.split(' > ');
    const port = (text: string) => ({ node_id: text.split('.')[0] ?? '', field: text.split('.')[1] ?? '' });
    return { source: port(from), destination: port(to) };
  }),
});
const keys = (graph: PinnedGraph, values: Parameters<DerivationKeys['of']>[0] = []) =>
  new DerivationKeys(graph, digest).of(values);
const key = (node: Record<string, unknown>, types = {}) =>
  keys(graphOf([{ id: 'n', type: 'add', ...node }], [], types))('n');

describe('a derivation key', () => {
  test('[K163] is the same for the same work, whatever its node is called and whether it is shown', () => {
    const same = keys(graphOf([{ b: 2, a: 1, type: 'add', is_intermediate: true, use_cache: false, id: 'other' }]))(
      'other',
    );
    expect(same).toBe(key({ a: 1, b: 2 }));
    expect(same).toMatch(/^[0-9a-f]{64}$/);
  });

  test('[K163] differs with the type, its version, any value, and what edges bring', () => {
    const chain = (to: string, from = 'a.value') =>
      keys(
        graphOf(
          [
            { id: 'a', type: 'add', a: 1 },
            { id: 'b', type: 'add' },
          ],
          [`${from} > ${to}`],
        ),
      )('b');
    const different = [
      key({}),
      key({ type: 'noise' }),
      key({}, { add: '1.0.1' }),
      key({ a: 1 }),
      key({ a: '1' }),
      key({ a: [1] }),
      key({ a: null }),
      key({ b: 1 }),
      chain('b.a'),
      chain('b.b'),
      chain('b.a', 'a.other'),
    ];
    expect(new Set(different).size).toBe(different.length);
    expect(different).not.toContain(undefined);
  });

  test('follows a substitution to what depends on it, and to nothing else', () => {
    const graph = graphOf(
      [
        { id: 'c', type: 'add' },
        { id: 'b', type: 'add', b: 1 },
        { id: 'a', type: 'add', a: 1 },
        { id: 'alone', type: 'add', a: 5 },
      ],
      ['a.value > b.a', 'b.value > c.a'],
    );
    const written = { ...graph, nodes: graph.nodes.map((node) => (node.id === 'a' ? { ...node, a: 7 } : node)) };
    const plan = new DerivationKeys(graph, digest);
    const substituted = plan.of([{ node_path: 'a', field_name: 'a', value: 7 }]);
    for (const id of ['a', 'b', 'c', 'alone']) expect(substituted(id)).toBe(keys(written)(id));
    expect(substituted('c')).not.toBe(plan.of([])('c'));
    expect(substituted('alone')).toBe(plan.of([])('alone'));
  });

  test('a value under an edge counts for nothing, whether the graph or the batch gives it', () => {
    const graph = (b: number) =>
      graphOf(
        [
          { id: 'a', type: 'add' },
          { id: 'b', type: 'add', b },
        ],
        ['a.value > b.b'],
      );
    expect(keys(graph(1))('b')).toBe(keys(graph(2))('b'));
    expect(keys(graph(1), [{ node_path: 'b', field_name: 'b', value: 9 }])('b')).toBe(keys(graph(1))('b'));
  });

  test('an iteration has none, nor has what is behind it', () => {
    const of = keys(
      graphOf(
        [
          { id: 'list', type: 'add' },
          { id: 'it', type: 'iterate' },
          { id: 'each', type: 'add' },
          { id: 'all', type: 'collect' },
          { id: 'end', type: 'add' },
          { id: 'beside', type: 'add' },
        ],
        [
          'list.value > it.collection',
          'it.item > each.a',
          'each.value > all.item',
          'all.collection > end.a',
          'list.value > beside.a',
        ],
      ),
    );
    expect(['list', 'it', 'each', 'all', 'end', 'beside'].filter((id) => of(id) !== undefined)).toEqual([
      'list',
      'beside',
    ]);
  });

  test('a collector outside of iterations has one, in the order of its edges; so has an if', () => {
    const nodes = [
      { id: 'a', type: 'add', a: 1 },
      { id: 'b', type: 'add', a: 2 },
      { id: 'c', type: 'collect' },
      { id: 'f', type: 'if', condition: true },
    ];
    const first = keys(graphOf(nodes, ['a.value > c.item', 'b.value > c.item', 'c.collection > f.true_input']));
    const second = keys(graphOf(nodes, ['b.value > c.item', 'a.value > c.item', 'c.collection > f.true_input']));
    expect(first('c')).toBeDefined();
    expect(first('c')).not.toBe(second('c'));
    expect(first('f')).toBeDefined();
    expect(keys(graphOf(nodes, []), [{ node_path: 'f', field_name: 'condition', value: false }])('f')).not.toBe(
      keys(graphOf(nodes, []))('f'),
    );
  });

  test('takes in a long value of the graph once, however many sessions there are', () => {
    let length = 0;
    const counted = (text: string) => {
      length += text.length;
      return digest(text);
    };
    const long = 'x'.repeat(100_000);
    const plan = new DerivationKeys(graphOf([{ id: 'a', type: 'add', a: 1, text: long }]), counted);
    const one = (a: number) => plan.of([{ node_path: 'a', field_name: 'a', value: a }])('a');
    const found = Array.from({ length: 50 }, (_, a) => one(a));
    expect(new Set(found).size).toBe(50);
    expect(found[7]).toBe(key({ a: 7, text: long }));
    expect(found[7]).not.toBe(key({ a: 7, text: `${long}x` }));
    expect(key({ text: `#${digest(JSON.stringify(long))}` })).not.toBe(key({ text: long }));
    expect(length).toBeLessThan(2 * long.length);
  });

  test('a model without its hash has none, unless the batch names another', () => {
    const named = [{ node_path: 'n', field_name: 'model', value: { key: 'm', hash: 'h' } }] as never;
    const loose = graphOf([{ id: 'n', type: 'add', model: { key: 'm' } }]);
    expect(keys(loose, named)('n')).toBe(key({ model: { key: 'm', hash: 'h' } }));
    expect(key({ model: { key: 'm' } })).toBeUndefined();
    expect(key({ models: [{ key: 'm', hash: 'h' }, { key: 'n' }] })).toBeUndefined();
    expect(key({ model: { key: 'm', hash: 'h' } })).toBeDefined();
  });

  test('[K163] two sides that got the graph on different ways agree', () => {
    const graph = graphOf([{ id: 'a', type: 'add', b: { y: [1.5, -0, null], x: 'é' } }]);
    const sent = JSON.parse(JSON.stringify(graph)) as PinnedGraph;
    const node = sent.nodes[0] as Record<string, unknown>;
    const turned = { ...sent, nodes: [Object.fromEntries(Object.entries(node).reverse()) as PinnedGraph['nodes'][0]] };
    expect(keys(turned)('a')).toBe(keys(sent)('a'));
  });
});

test('one text for one value', () => {
  expect(canonicalJson({ b: [1, 'x', null, true], a: { d: undefined, c: Number.NaN } })).toBe(
    '{"a":{"c":NaN},"b":[1,"x",null,true]}',
  );
  expect(canonicalJson(-0)).not.toBe(canonicalJson(0));
  expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}');
});
