/** The graphs of the corpus: one for each thing that an engine may get wrong. */
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import { collect, integers, iterate, type Nodes, range } from './run-graph.ts';

export interface CorpusGraph {
  title: string;
  nodes: Nodes;
  edges: string[];
  values?: NodeFieldValue[];
  fails?: string;
}

const IF = { type: 'if' };
const flag = (value: boolean) => ({ type: 'boolean', value });
const text = (value: string) => ({ type: 'string', value });

const RAGGED: Nodes = {
  ...{ l: { type: 'anys', collection: [[[1], [2, 3]], [], [[], [4, 5, 6]]] }, i: iterate, li: { type: 'anys' } },
  ...{ j: iterate, lj: { type: 'anys' }, k: iterate, v: { type: 'any' }, ck: collect, cj: collect, ci: collect },
};
const RAGGED_EDGES = [
  ...['l.collection > i.collection', 'i.item > li.collection', 'li.collection > j.collection'],
  ...['j.item > lj.collection', 'lj.collection > k.collection', 'k.item > v.value', 'v.value > ck.item'],
  ...['ck.collection > cj.item', 'cj.collection > ci.item'],
];
const LOOP_IN_BRANCH: Nodes = {
  ...{ r: range(3), i: iterate, a: { type: 'add', b: 1 }, c: collect, cond: flag(true), if: IF, out: { type: 'any' } },
};
const LOOP_IN_BRANCH_EDGES = [
  ...['r.collection > i.collection', 'i.item > a.a', 'a.value > c.item', 'c.collection > if.true_input'],
  ...['cond.value > if.condition', 'if.value > out.value'],
];
const FLAGS = { type: 'booleans', collection: [true, false, true, false] };
const LOOP: Nodes = {
  r: range(3),
  it: iterate,
  mul: { type: 'multiply', b: 10 },
  add: { type: 'add', b: 1 },
  c: collect,
};
const LOOP_EDGES = ['r.collection > it.collection', 'it.item > mul.a', 'mul.value > add.a', 'add.value > c.item'];

export const CORPUS_GRAPHS: Record<string, CorpusGraph> = {
  plain: {
    title: 'classes, siblings and live values without any control node',
    nodes: {
      ...{ z1: { type: 'integer', value: 3 }, a1: { type: 'float', value: 1.5 }, z2: { type: 'integer' } },
      ...{ a2: { type: 'float' }, n: { type: 'noise', seed: 1 }, d: { type: 'denoise' }, late: { type: 'add' } },
      ...{ img: { type: 'latents_to_image' } },
    },
    edges: [
      ...['z1.value > z2.value', 'z1.value > a2.value', 'n.noise > d.noise', 'd.latents > img.latents'],
      ...['n.width > late.a', 'z2.value > late.b'],
    ],
  },
  sweep: {
    title: 'substitutions, into a list that multiplies and into a loop’s body',
    nodes: LOOP,
    edges: LOOP_EDGES,
    values: [
      { node_path: 'r', field_name: 'stop', value: 4 },
      { node_path: 'mul', field_name: 'b', value: 100 },
    ],
  },
  empty: { title: 'a loop over nothing', nodes: { ...LOOP, r: range(0) }, edges: LOOP_EDGES },
  ragged: { title: 'three loops in each other, over ragged and empty lists', nodes: RAGGED, edges: RAGGED_EDGES },
  independent: {
    title: 'two loops beside each other, into one collect and into another by two edges',
    nodes: {
      ...{ a: range(2), b: range(3), ia: iterate, ib: iterate, s: { type: 'add' }, c: collect, both: collect },
      all: collect,
    },
    edges: [
      ...['a.collection > ia.collection', 'b.collection > ib.collection', 'ia.item > s.a', 'ib.item > s.b'],
      ...['s.value > c.item', 'ib.item > both.item', 'ia.item > both.item', 'c.collection > all.item'],
    ],
  },
  chained: {
    title: 'collect, iterate, collect inside a loop, with a collection from outside',
    nodes: {
      ...{ k: integers(100), r: range(3), i: iterate, l: { type: 'list_unless' }, j: iterate, s: { type: 'integer' } },
      ...{ c: collect, m: iterate, t: { type: 'add', b: 5 }, d: collect, all: collect },
    },
    edges: [
      ...['r.collection > i.collection', 'i.item > l.value', 'l.collection > j.collection', 'j.item > s.value'],
      ...['s.value > c.item', 'k.collection > c.collection', 'c.collection > m.collection', 'm.item > t.a'],
      ...['t.value > d.item', 'd.collection > all.item'],
    ],
  },
  gathered: {
    title: 'a collect of plain and iterated items by several edges, after a collection',
    nodes: {
      ...{ ca: integers(1, 2), x: { type: 'integer', value: 99 }, ia: iterate, add: { type: 'add' }, c: collect },
      k: integers(7),
    },
    edges: [
      ...['ca.collection > ia.collection', 'ia.item > add.a', 'add.value > c.item', 'x.value > c.item'],
      ...['ia.index > c.item', 'k.collection > c.collection'],
    ],
  },
  if: {
    title: 'an if with an outer and an inner one, a shared ancestor and a side consumer',
    nodes: {
      ...{ f: text('f'), co: flag(true), ci: flag(false), x: text('x'), inner: IF, outer: IF },
      ...{ shared: text('s'), side: text(''), t: text(''), out: { type: 'any' } },
    },
    edges: [
      ...['co.value > outer.condition', 'ci.value > inner.condition', 'x.value > inner.true_input'],
      ...['shared.value > t.value', 't.value > inner.false_input', 'inner.value > outer.true_input'],
      ...['f.value > outer.false_input', 'shared.value > side.value', 'outer.value > out.value'],
    ],
  },
  'if-iterated': {
    title: 'an if in a loop, with branches inside and outside of it',
    nodes: {
      ...{
        b: FLAGS,
        i: iterate,
        t: { type: 'add', b: 10 },
        outside: { type: 'integer', value: -1 },
        if: IF,
        c: collect,
      },
      ...{ never: IF, unused: { type: 'integer' } },
    },
    edges: [
      ...['b.collection > i.collection', 'i.item > if.condition', 'i.index > t.a', 't.value > if.true_input'],
      ...['outside.value > if.false_input', 'if.value > c.item', 'unused.value > never.true_input'],
    ],
  },
  'if-loop': {
    title: 'an if that selects a branch with a loop inside',
    nodes: LOOP_IN_BRANCH,
    edges: LOOP_IN_BRANCH_EDGES,
  },
  'if-loop-skipped': {
    title: 'an if that does not select a branch with a loop inside, by a substitution',
    nodes: LOOP_IN_BRANCH,
    edges: LOOP_IN_BRANCH_EDGES,
    values: [{ node_path: 'cond', field_name: 'value', value: false }],
  },
  live: {
    title: 'live values through iterate, collect and if, one by one and as a list',
    nodes: {
      ...{ w: integers(8, 16, 24), i: iterate, n: { type: 'noise' }, c: collect, k: iterate, if: IF },
      ...{ cond: flag(true), s: { type: 'split_latents' }, e: iterate, img: { type: 'latents_to_image' } },
      j: { type: 'join_latents' },
    },
    edges: [
      ...['w.collection > i.collection', 'i.item > n.width', 'n.noise > c.item', 'c.collection > k.collection'],
      ...['k.item > if.true_input', 'cond.value > if.condition', 'if.value > s.latents', 's.collection > e.collection'],
      ...['e.item > img.latents', 'c.collection > j.collection'],
    ],
  },
  failure: { title: 'a node of a loop that fails', nodes: LOOP, edges: LOOP_EDGES, fails: 'add#1' },
  'input-error': {
    title: 'an iterate inside a loop whose list is none',
    nodes: {
      r: { type: 'anys', collection: [[1], 2] },
      i: iterate,
      x: { type: 'any' },
      l: { type: 'any' },
      j: iterate,
    },
    edges: ['r.collection > i.collection', 'i.item > x.value', 'i.item > l.value', 'l.value > j.collection'],
  },
};
