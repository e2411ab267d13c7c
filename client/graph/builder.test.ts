import { describe, expect, test } from 'vitest';
import { Catalogue } from '../../contract/graph/catalogue.ts';
import builtin from '../../graph/catalogue/builtin.json' with { type: 'json' };
import { graph } from './builder.ts';
import { checkBatch, checkGraph } from './check.ts';
import { GraphError } from './literal.ts';
import type { NodeTypes } from './node-types.generated.ts';
import type { Output, Port } from './output.ts';
import { later } from './value.ts';
import { batch } from './vary.ts';

const CATALOGUE = Catalogue.parse(builtin);

/** What a program without types could hand over. */
const loose = (value: unknown) => value as never;

describe('nodes', () => {
  test('get ids that say what they are, unless they are given one', () => {
    const g = graph();
    const ids = [
      g.add('noise', {}),
      g.add('noise', {}, { id: 'first' }),
      g.add('noise', {}),
      g.add('noise', {}, { id: 'noise_3' }),
      g.add('noise', {}),
      g.if({ condition: true, true_input: 1 }),
    ].map(({ id }) => id);
    expect(ids).toEqual(['noise', 'first', 'noise_2', 'noise_3', 'noise_4', 'if']);
    expect(Object.keys(g.toGraph().nodes)).toEqual(ids);
  });

  test('a runner’s own node gets one too', () => {
    interface MyNodes {
      'my:dither': { inputs: { levels?: number }; outputs: { image: Output<'image'> } };
    }
    const g = graph<NodeTypes & MyNodes>();
    const dithered = g.add('my:dither', { levels: 4 });
    g.add('save_image', { image: dithered.out.image });
    expect(g.toGraph()).toEqual({
      nodes: { 'my:dither': { type: 'my:dither', levels: 4 }, save_image: { type: 'save_image' } },
      edges: [
        { source: { node_id: 'my:dither', field: 'image' }, destination: { node_id: 'save_image', field: 'image' } },
      ],
    });
  });

  test('say only what differs from the defaults', () => {
    const g = graph();
    g.add('noise', { seed: undefined, width: 64 }, { is_intermediate: false, use_cache: true });
    g.add('noise', {}, { is_intermediate: true, use_cache: false, version: '1.0.0' });
    g.add('load_image', { image: later });
    expect(g.toGraph()).toEqual({
      nodes: {
        noise: { type: 'noise', width: 64 },
        noise_2: { type: 'noise', version: '1.0.0', is_intermediate: true, use_cache: false },
        load_image: { type: 'load_image' },
      },
      edges: [],
    });
  });

  test('are intermediate where the graph says so, but for control nodes, which have no results', () => {
    const g = graph({ is_intermediate: true });
    const pictures = g.add('image_collection', { collection: [] });
    const each = g.iterate(pictures.out.collection);
    g.add('save_image', { image: each.out.item }, { is_intermediate: false });
    const intermediate = Object.entries(g.toGraph().nodes).map(([id, node]) => [id, node.is_intermediate]);
    expect(intermediate).toEqual([
      ['image_collection', true],
      ['iterate', undefined],
      ['save_image', undefined],
    ]);
  });

  test('keep what they were given, whatever becomes of it', () => {
    const g = graph();
    const collection = [1, 2];
    g.add('float_collection', { collection });
    collection.push(3);
    const made = g.toGraph();
    (made.nodes.float_collection as { collection?: number[] }).collection?.push(4);
    expect(g.toGraph().nodes.float_collection).toEqual({ type: 'float_collection', collection: [1, 2] });
  });
});

describe('edges', () => {
  test('several lead into a collector, in the order in which they are given', () => {
    const g = graph();
    const [a, b, c] = ['a', 'b', 'c'].map((id) => g.add('string', { value: id }, { id }));
    const list = g.add('string_collection', { collection: ['z'] }, { id: 'list' });
    if (!a || !b || !c) throw new Error('three nodes');
    g.collect({ item: [b.out.value, a.out.value, c.out.value], collection: list.out.collection }, { id: 'all' });
    expect(g.toGraph().edges?.map(({ source, destination }) => `${source.node_id} > ${destination.field}`)).toEqual([
      'b > item',
      'a > item',
      'c > item',
      'list > collection',
    ]);
    expect(checkGraph(g, CATALOGUE)).toEqual([]);
  });

  test('a branch that is a value is one', () => {
    const g = graph();
    g.if({ condition: true, true_input: { r: 1 }, false_input: null });
    expect(g.toGraph().nodes.if).toEqual({ type: 'if', condition: true, true_input: { r: 1 }, false_input: null });
  });
});

describe('throws a sentence', () => {
  const g = graph();
  const picture = g.add('load_image', { image: later }, { id: 'picture' });
  const circle: unknown[] = [];
  circle.push(circle);
  const cases: [what: string, build: () => unknown, message: string][] = [
    ['on an id that is taken', () => g.add('noise', {}, { id: 'picture' }), 'has a node "picture" already'],
    ['on an id that is none', () => g.add('noise', {}, { id: 'a b' }), '"a b" is no id of a node; use'],
    [
      'on an output of another graph',
      () => graph().add('save_image', { image: picture.out.image }),
      '"save_image.image" is given "picture.image" of another graph; add that node to this graph',
    ],
    [
      'on an output inside a value',
      () => g.add('image_grid', { images: loose([picture.out.image]) }),
      '"image_grid.images[0]" is an output inside a value; an edge leads to a whole input, so gather',
    ],
    [
      'on something else among outputs',
      () => g.collect({ item: [picture.out.image, 1 as unknown as Port] }),
      '"collect.item" takes outputs of nodes only',
    ],
    ['on nothing to collect', () => g.collect(loose({})), 'give it an item or a collection'],
    ['on a list of no outputs to collect', () => g.collect({ item: [] }), 'give it an item or a collection'],
    ['on a value that holds itself', () => g.add('string', { value: loose(circle) }), 'levels deep, or holds itself'],
    [
      'on a number that JSON cannot say',
      () => g.add('float', { value: Number.NaN }),
      '"float.value" is NaN; give a finite',
    ],
    [
      'on a date',
      () => g.add('string', { value: loose(new Date(0)) }),
      '"string.value" is a Date; give a value that JSON',
    ],
    [
      'on a function, however deep',
      () => g.add('color', { color: { r: loose(() => 1), g: 0, b: 0, a: 0 } }),
      '"color.color.r" is a function; give a value',
    ],
  ];
  test.each(cases)('%s', (_, build, message) => {
    const before = g.toGraph();
    expect(build).toThrow(GraphError);
    expect(build).toThrow(message);
    expect(g.toGraph()).toEqual(before);
  });
});

test('a collector of a list and of no outputs has no item', () => {
  const g = graph();
  const list = g.add('image_collection', { collection: [{ image_name: 'x' }] });
  g.collect({ item: [], collection: list.out.collection });
  expect(g.toGraph().nodes.collect).toEqual({ type: 'collect' });
  expect(checkGraph(g, CATALOGUE)).toEqual([]);
});

test('a name that no document may have is a fault, as it is to the service', () => {
  const g = graph();
  g.add('string', { value: 'x' }, { id: '__proto__' });
  expect(checkGraph(g, CATALOGUE)).toMatchObject([{ pointer: '/nodes/__proto__', code: 'forbidden_key' }]);
  expect(checkBatch(batch(g), CATALOGUE)).toMatchObject([{ pointer: '/batch/graph/nodes/__proto__' }]);
});

test('with the catalogue, the faults that no type shows are told by their place', () => {
  const g = graph();
  const noise = g.add('noise', { seed: -1, width: 63 });
  g.add('l2i', { latents: noise.out.noise, vae: loose(undefined) });
  expect(checkGraph(g, CATALOGUE).map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
    '/nodes/noise/seed invalid_value',
    '/nodes/noise/width invalid_value',
    '/nodes/l2i/vae missing',
  ]);
  expect(checkGraph({ nodes: { a: {} } } as never, CATALOGUE)).toMatchObject([
    { pointer: '/nodes/a/type', code: 'missing' },
  ]);
});
