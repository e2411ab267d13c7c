import { describe, expect, test } from 'vitest';
import type { Graph } from '../../contract/graph/graph.ts';
import { ITERATION_DEPTH_MAX } from '../../contract/limits.ts';
import { pinBatch } from '../batch/pin.ts';
import { graphOf, pinnedOf } from '../testing/graph-builder.ts';
import { TEST_CATALOGUE } from '../testing/node-types.ts';
import { pinGraph } from '../validate.ts';

const faultsOf = (graph: Graph) => {
  const result = pinGraph(graph, TEST_CATALOGUE, []);
  return result.ok ? [] : result.faults;
};
const places = (graph: Graph) => faultsOf(graph).map(({ pointer, code }) => `${code} ${pointer}`);
const misfit = (...edges: number[]) => edges.map((edge) => `edge_type_mismatch /edges/${edge}/destination/field`);

const iterate = { type: 'iterate' };
const collect = { type: 'collect' };
const choose = { type: 'if' };
const range = { type: 'range', stop: 3 };
const t2i = { type: 'text_to_image' };
const any = { type: 'any', value: 1 };

type Case = [what: string, graph: Graph, faults: string[]];

describe('iterate', () => {
  test.each<Case>([
    ['[G36] alone', graphOf({ it: iterate }), ['missing /nodes/it/collection']],
    [
      '[G28] over a list, into what takes its elements',
      graphOf({ r: range, it: iterate, a: { type: 'add' } }, 'r.collection > it.collection', 'it.item > a.a'),
      [],
    ],
    [
      '[G28] over two lists',
      graphOf({ r: range, it: iterate }, 'r.collection > it.collection', 'r.collection > it.collection'),
      ['edge_duplicate /edges/1'],
    ],
    [
      '[G28] over two lists of different nodes',
      graphOf({ r: range, s: range, it: iterate }, 'r.collection > it.collection', 's.collection > it.collection'),
      ['edge_occupied /edges/1/destination/field'],
    ],
    ['[G28] over no list', graphOf({ i: { type: 'integer' }, it: iterate }, 'i.value > it.collection'), misfit(0)],
    [
      '[G28] into what does not take its elements',
      graphOf({ r: range, it: iterate, c: { type: 'color' } }, 'r.collection > it.collection', 'it.item > c.color'),
      misfit(1),
    ],
    [
      'over the lists of a union',
      graphOf(
        { p: { type: 'polymorphic', value: 'x' }, it: iterate, q: { type: 'prompt' }, c: { type: 'color' } },
        'p.value > it.collection',
        'it.item > q.prompt',
        'it.item > c.color',
      ),
      misfit(2),
    ],
    [
      'over anything',
      graphOf({ a: any, it: iterate, c: { type: 'color' } }, 'a.value > it.collection', 'it.item > c.color'),
      [],
    ],
    [
      '[G29] over what a collector gathered, into what takes it',
      graphOf(
        { i: { type: 'integer' }, col: collect, it: iterate, a: { type: 'add' } },
        'i.value > col.item',
        'col.collection > it.collection',
        'it.item > a.a',
      ),
      [],
    ],
    [
      '[G29] over what a collector gathered, and into what takes another type too',
      graphOf(
        { i: { type: 'integer' }, col: collect, it: iterate, a: { type: 'add' }, c: { type: 'color' } },
        'it.item > c.color',
        'it.item > a.a',
        'col.collection > it.collection',
        'i.value > col.item',
      ),
      misfit(0),
    ],
    [
      '[G30] over what was gathered of any',
      graphOf(
        { a: any, col: collect, it: iterate, b: { type: 'any' } },
        'a.value > col.item',
        'col.collection > it.collection',
        'it.item > b.value',
      ),
      [],
    ],
  ])('%s', (_, graph, faults) => {
    expect(places(graph)).toEqual(faults);
  });

  test('says what to do', () => {
    const graph = graphOf(
      { i: { type: 'integer' }, r: range, it: iterate, it2: iterate, c: { type: 'color' } },
      'i.value > it.collection',
      'r.collection > it2.collection',
      'it2.item > c.color',
    );
    expect(faultsOf(graph).map(({ detail }) => detail)).toEqual([
      '"i.value" gives integer, but an iterate node goes through a list; connect an output that gives one.',
      '"it2.item" gives integer, but "c.color" takes color; the type of an iterator’s list must match all inputs that its item leads to.',
    ]);
  });
});

describe('collect', () => {
  const strings = { type: 'strings' };
  const string = { type: 'string' };
  const integer = { type: 'integer' };
  test.each<Case>([
    ['[G36] alone', graphOf({ col: collect }), ['missing /nodes/col/item']],
    [
      '[G36] with an output edge only',
      graphOf({ col: collect, s: strings }, 'col.collection > s.collection'),
      ['missing /nodes/col/item'],
    ],
    [
      '[G19] of two images, into a list of images',
      graphOf(
        { a: t2i, b: t2i, col: collect, l: { type: 'list' } },
        'a.image > col.item',
        'b.image > col.item',
        'col.collection > l.images',
      ),
      [],
    ],
    [
      'of the same edge twice',
      graphOf({ a: t2i, b: t2i, col: collect }, 'a.image > col.item', 'b.image > col.item', 'a.image > col.item'),
      ['edge_duplicate /edges/2'],
    ],
    [
      '[G21] of an image and a string',
      graphOf({ a: t2i, s: string, col: collect }, 'a.image > col.item', 's.value > col.item'),
      misfit(1),
    ],
    [
      '[G22] of strings, into a list of images',
      graphOf({ s: string, col: collect, l: { type: 'list' } }, 's.value > col.item', 'col.collection > l.images'),
      misfit(1),
    ],
    [
      '[G23] into an input that takes no list',
      graphOf({ s: string, col: collect, p: { type: 'prompt' } }, 's.value > col.item', 'col.collection > p.prompt'),
      misfit(1),
    ],
    [
      '[G24] of a list of strings and a string',
      graphOf({ l: strings, s: string, col: collect }, 'l.collection > col.collection', 's.value > col.item'),
      [],
    ],
    [
      '[G24] of a list of strings, a string and an integer',
      graphOf(
        { l: strings, s: string, i: integer, col: collect },
        'l.collection > col.collection',
        's.value > col.item',
        'i.value > col.item',
      ),
      misfit(2),
    ],
    [
      'of two lists',
      graphOf(
        { l: strings, m: strings, col: collect },
        'l.collection > col.collection',
        'm.collection > col.collection',
      ),
      ['edge_occupied /edges/1/destination/field'],
    ],
    ['of a list that is none', graphOf({ s: string, col: collect }, 's.value > col.collection'), misfit(0)],
    [
      '[G25] of what a collector gathered, then iterated',
      graphOf(
        { s: string, col: collect, col2: collect, it: iterate, p: { type: 'prompt' } },
        's.value > col.item',
        'col.collection > col2.collection',
        'col2.collection > it.collection',
        'it.item > p.prompt',
      ),
      [],
    ],
    [
      'of what chained collectors gathered, with an item of another type far above',
      graphOf(
        { s: string, i: integer, col: collect, col2: collect, col3: collect },
        'col2.collection > col3.collection',
        'col.collection > col2.collection',
        's.value > col.item',
        'i.value > col3.item',
      ),
      misfit(3),
    ],
    [
      '[G32] of strings or integers, into strings or lists of them',
      graphOf(
        { s: string, i: integer, a: collect, b: collect, p: { type: 'polymorphic' }, q: { type: 'polymorphic' } },
        's.value > a.item',
        'a.collection > p.value',
        'i.value > b.item',
        'b.collection > q.value',
      ),
      misfit(3),
    ],
    [
      'into a list of anything, and into anything',
      graphOf(
        { s: string, col: collect, a: { type: 'anys' }, b: { type: 'any' } },
        's.value > col.item',
        'col.collection > a.collection',
        'col.collection > b.value',
      ),
      [],
    ],
  ])('%s', (_, graph, faults) => {
    expect(places(graph)).toEqual(faults);
  });

  test('names every edge that does not belong to the others, and what to do', () => {
    const graph = graphOf(
      { s: string, i: integer, t: t2i, u: string, col: collect },
      's.value > col.item',
      'i.value > col.item',
      'u.value > col.item',
      't.image > col.item',
    );
    expect(places(graph)).toEqual(misfit(1, 3));
    expect(faultsOf(graph)[0]?.detail).toBe(
      '"i.value" gives integer, but the collect node gathers string already, and takes values of one type; give each type a collect node of its own.',
    );
  });
});

describe('if', () => {
  test.each<Case>([
    ['without anything', graphOf({ f: choose }), []],
    [
      'into what takes one of its branches',
      graphOf(
        { s: { type: 'string' }, t: t2i, f: choose, i: { type: 'image_to_image' }, c: { type: 'color' } },
        's.value > f.true_input',
        't.image > f.false_input',
        'f.value > i.image',
        'f.value > c.color',
      ),
      misfit(3),
    ],
    [
      'with one branch, into what takes it',
      graphOf({ t: t2i, f: choose, i: { type: 'image_to_image' } }, 't.image > f.true_input', 'f.value > i.image'),
      [],
    ],
    [
      'of literals, into what takes one of them',
      graphOf(
        { f: { ...choose, true_input: 1, false_input: 'x' }, a: { type: 'add' }, c: { type: 'color' } },
        'f.value > a.a',
        'f.value > c.color',
      ),
      misfit(1),
    ],
    ['on a condition that is none', graphOf({ s: { type: 'string' }, f: choose }, 's.value > f.condition'), misfit(0)],
    ['on a literal that is none', graphOf({ f: { ...choose, condition: 'yes' } }), ['invalid_type /nodes/f/condition']],
    [
      'with two edges to a branch',
      graphOf({ a: any, b: any, f: choose }, 'a.value > f.true_input', 'b.value > f.true_input'),
      ['edge_occupied /edges/1/destination/field'],
    ],
  ])('%s', (_, graph, faults) => {
    expect(places(graph)).toEqual(faults);
  });

  test.each(['condition', 'true_input'])('its %s may be varied by a batch, and gives anything then', (field_name) => {
    const graph = graphOf({ f: choose, c: { type: 'color' } }, 'f.value > c.color');
    const color = { r: 0, g: 0, b: 0, a: 255 };
    const items = field_name === 'condition' ? [1, 0] : [color];
    const batch = { graph, runs: 1, data: [[{ node_path: 'f', field_name, items }]] };
    const result = pinBatch(batch as never, TEST_CATALOGUE, []);
    expect(result.ok ? result.plan.requested : result.faults.map(({ pointer }) => pointer)).toEqual(
      field_name === 'condition' ? ['/data/0/0/items/0', '/data/0/0/items/1'] : 1,
    );
  });
});

describe('what stays on the device', () => {
  const nodes = { n: { type: 'noise' }, d: { type: 'denoise' } };
  const split = { type: 'split_latents' };
  const join = { type: 'join_latents' };
  test.each<Case>([
    [
      'passes through iterate and collect',
      graphOf(
        { ...nodes, s: split, it: iterate, col: collect, j: join },
        'n.noise > s.latents',
        's.collection > it.collection',
        'it.item > d.noise',
        'd.latents > col.item',
        'col.collection > j.collection',
      ),
      [],
    ],
    ['passes through if', graphOf({ ...nodes, f: choose }, 'n.noise > f.true_input', 'f.value > d.noise'), []],
    [
      'does not pass into any',
      graphOf(
        { ...nodes, f: choose, col: collect, a: { type: 'any' }, b: { type: 'anys' } },
        'n.noise > f.true_input',
        'f.value > a.value',
        'f.value > col.item',
        'col.collection > b.collection',
        'f.value > d.noise',
      ),
      misfit(1, 3),
    ],
    [
      'does not pass into what takes only the other branch',
      graphOf(
        { ...nodes, t: t2i, f: choose, i: { type: 'image_to_image' } },
        'n.noise > f.true_input',
        't.image > f.false_input',
        'f.value > i.image',
        'f.value > d.noise',
      ),
      misfit(2),
    ],
    [
      'is not gathered with what does not',
      graphOf({ ...nodes, a: any, col: collect }, 'n.noise > d.noise', 'n.noise > col.item', 'a.value > col.item'),
      misfit(2),
    ],
  ])('%s', (_, graph, faults) => {
    expect(places(graph)).toEqual(faults);
  });
});

describe('iterations inside iterations', () => {
  const nested = (depth: number) => {
    const ids = Array.from({ length: depth }, (_, index) => index);
    return graphOf(
      {
        r: { type: 'integers' },
        ...Object.fromEntries(ids.map((index) => [`it${index}`, iterate])),
        ...Object.fromEntries(ids.map((index) => [`t${index}`, { type: 'tens' }])),
      },
      ...ids.flatMap((index) => [
        `${index === 0 ? 'r' : `t${index - 1}`}.collection > it${index}.collection`,
        `it${index}.item > t${index}.value`,
      ]),
    );
  };

  test('may be as deep as the limit, and not deeper', () => {
    expect(places(nested(ITERATION_DEPTH_MAX))).toEqual([]);
    expect(places(nested(ITERATION_DEPTH_MAX + 3))).toEqual([`too_deep /nodes/it${ITERATION_DEPTH_MAX}`]);
  });
});

test('control nodes are the engine: the pinned graph names no version of theirs', () => {
  const graph = graphOf({ r: range, it: iterate, col: collect }, 'r.collection > it.collection', 'it.item > col.item');
  expect(pinnedOf(graph).types).toEqual({ range: '1.0.0' });
});

describe('versions', () => {
  const at = (version: string) => graphOf({ a: { type: 'add', version }, it: { type: 'integers', version: '1.0.0' } });

  test('a node of the present version, or without one, is taken and pinned without it', () => {
    expect(places(at('1.0.0'))).toEqual([]);
    expect(pinnedOf(at('1.0.0')).nodes[0]).not.toHaveProperty('version');
  });

  test.each(['1.0.1', '1.1.0', '2.0.0', '0.9.0'])('a node of %s is refused by a system that has 1.0.0', (version) => {
    expect(places(at(version))).toEqual(['node_version /nodes/a/version']);
  });
});
