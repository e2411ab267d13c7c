/** The order of execution (DESIGN §6), and the runs of the anchor's §3.11; where ours differ, the row says why. */
import { describe, expect, test } from 'vitest';
import { graphOf, pinnedOf, sessionOf } from '../testing/graph-builder.ts';
import { TEST_CATALOGUE } from '../testing/node-types.ts';
import { collect, integers, iterate, type Nodes, range, runGraph } from '../testing/run-graph.ts';
import { runNode, runSession } from '../testing/run-session.ts';
import { Session } from './session.ts';

interface Golden {
  name: string;
  nodes: Nodes;
  edges: string[];
  order: string;
  history: string;
  /** What a node gave, by invocation. */
  gave?: [string, Record<string, unknown>];
}

const GOLDEN: Golden[] = [
  {
    name: 'a loop; control nodes are no invocations of their own',
    nodes: { r: range(3), it: iterate, mul: { type: 'multiply', b: 10 }, add: { type: 'add', b: 1 }, c: collect },
    edges: ['r.collection > it.collection', 'it.item > mul.a', 'mul.value > add.a', 'add.value > c.item'],
    order: 'r mul#0 mul#1 mul#2 add#0 add#1 add#2',
    history: 'r it mul add c',
    gave: ['c', { c: [1, 11, 21] }],
  },
  {
    name: 'an empty loop',
    nodes: { c0: integers(), it: iterate, add: { type: 'add' }, col: collect, z: integers() },
    edges: [
      'c0.collection > it.collection',
      'it.item > add.a',
      'add.value > col.item',
      'col.collection > z.collection',
    ],
    order: 'c0 z',
    history: 'c0 it add col z',
    gave: ['col', { col: [] }],
  },
  {
    name: 'an if',
    nodes: {
      ...{ cond: { type: 'boolean', value: true }, t: { type: 'string' }, f: { type: 'string' }, if: { type: 'if' } },
      out: { type: 'any' },
    },
    edges: [
      ...['cond.value > if.condition', 't.value > if.true_input', 'f.value > if.false_input'],
      'if.value > out.value',
    ],
    order: 'cond t out',
    history: 'cond f t if out',
  },
  {
    name: 'two loops beside each other; the history follows what is executed, lists first',
    nodes: {
      ...{
        ca: range(2),
        cb: range(2),
        ia: iterate,
        ib: iterate,
        m10: { type: 'multiply', b: 10 },
        add: { type: 'add' },
      },
      c: collect,
    },
    edges: [
      ...['ca.collection > ia.collection', 'cb.collection > ib.collection', 'ia.item > m10.a', 'm10.value > add.a'],
      ...['ib.item > add.b', 'add.value > c.item'],
    ],
    order: 'ca cb m10#0 m10#1 add#0,0 add#0,1 add#1,0 add#1,1',
    history: 'ca ia cb ib m10 add c',
    gave: ['c', { 'c#0': [0, 1], 'c#1': [10, 11] }],
  },
  {
    name: 'iterated items and a plain one; x is of a class that became ready before that of add',
    nodes: { ca: integers(1, 2), x: { type: 'integer', value: 99 }, ia: iterate, add: { type: 'add' }, c: collect },
    edges: ['ca.collection > ia.collection', 'ia.item > add.a', 'add.value > c.item', 'x.value > c.item'],
    order: 'ca x add#0 add#1',
    history: 'ca ia x add c',
    gave: ['c', { c: [99, 1, 2] }],
  },
  {
    name: 'siblings of one class, in submitted order; the anchor has any order',
    nodes: {
      p: { type: 'integer' },
      c3: { type: 'add' },
      c1: { type: 'add' },
      c4: { type: 'add' },
      c2: { type: 'add' },
    },
    edges: ['p.value > c1.a', 'p.value > c2.a', 'p.value > c3.a', 'p.value > c4.a'],
    order: 'p c3 c1 c4 c2',
    history: 'p c3 c1 c4 c2',
  },
  {
    name: 'two classes; the first is that of the first node, and not the first by name (a1 z1 z2 a2 in the anchor)',
    nodes: { z1: { type: 'integer' }, z2: { type: 'integer' }, a2: { type: 'float' }, a1: { type: 'float' } },
    edges: ['z1.value > z2.value', 'z1.value > a2.value'],
    order: 'z1 z2 a2 a1',
    history: 'z1 z2 a2 a1',
  },
];

describe('the runs of the anchor', () => {
  test.each(GOLDEN)('$name', ({ nodes, edges, order, history, gave }) => {
    const ran = runGraph(nodes, edges);
    expect([ran.order.join(' '), ran.history, ran.end]).toEqual([order, history, 'complete']);
    if (gave !== undefined) expect(ran.valuesOf(gave[0])).toEqual(gave[1]);
  });

  test('0 as a width: an input error that names the field', () => {
    const { order, session, end } = runGraph({ i: { type: 'integer', value: 0 }, n: { type: 'noise' } }, [
      'i.value > n.width',
    ]);
    expect([order, end, [...session.errors.keys()]]).toEqual([['i'], 'failed', ['n']]);
  });
});

describe('the order', () => {
  test('[X59] drains a class over all of its iterations before another begins', () => {
    const { order } = runGraph(
      { r: range(2), i: iterate, a: { type: 'add' }, f: { type: 'float' }, b: { type: 'add' }, g: { type: 'float' } },
      ['r.collection > i.collection', 'i.item > a.a', 'a.value > f.value', 'a.value > b.a', 'b.value > g.value'],
    );
    expect(order.join(' ')).toBe('r a#0 b#0 a#1 b#1 f#0 g#0 f#1 g#1');
  });

  test('[X59] of classes that one step makes ready follows path, then node, however they came about', () => {
    const edges = [
      ...['r.collection > i.collection', 'r.collection > j.collection', 'i.item > x.a', 'j.item > y.value'],
      'r.collection > plain.collection',
    ];
    const x = { x: { type: 'add' } };
    const y = { y: { type: 'integer' } };
    const nodes = { r: range(1), i: iterate, j: iterate, ...y, ...x, plain: { type: 'integers' } };
    expect(runGraph(nodes, edges).order).toEqual(['r', 'plain', 'y#0', 'x#0']);
    expect(runGraph({ ...nodes, r: range(1) }, edges.reverse()).order).toEqual(['r', 'plain', 'y#0', 'x#0']);
    const swapped = { r: range(1), j: iterate, i: iterate, ...x, ...y, plain: { type: 'integers' } };
    expect(runGraph(swapped, edges).order).toEqual(['r', 'plain', 'x#0', 'y#0']);
  });

  test('is what ready() lists, as long as nothing else becomes ready', () => {
    const session = sessionOf(
      graphOf({ f: { type: 'float' }, a: { type: 'add' }, g: { type: 'float' }, b: { type: 'add' } }),
    );
    expect(session.ready()).toEqual(['f', 'g', 'a', 'b']);
    runSession(session, runNode, 3);
    expect(session.ready()).toEqual(['b']);
  });

  test('puts a shorter path first: what is outside of a loop before the copies of one class inside', () => {
    const { order } = runGraph({ r: range(2), i: iterate, s: { type: 'add' }, plain: { type: 'add' } }, [
      'r.collection > i.collection',
      'i.item > s.a',
    ]);
    expect(order).toEqual(['r', 'plain', 's#0', 's#1']);
  });
});

describe('a session that stalls', () => {
  const circular = (nodes: Nodes, edges: string[], back: [string, string, string, string]) => {
    const pinned = pinnedOf(graphOf(nodes, ...edges));
    const [from, output, to, input] = back;
    // No valid graph can stall: this one is made circular behind the validation's back.
    const edge = { source: { node_id: from, field: output }, destination: { node_id: to, field: input } };
    return new Session({ ...pinned, edges: [...pinned.edges, edge] }, [], TEST_CATALOGUE);
  };

  test('names all that is blocked, control nodes too', () => {
    const session = circular(
      { a: { type: 'integer' }, r: { type: 'tens' }, i: iterate, s: { type: 'add' }, c: collect, out: { type: 'any' } },
      [
        ...['a.value > r.value', 'r.collection > i.collection', 'i.item > s.a', 's.value > c.item'],
        'c.collection > out.value',
      ],
      ['out', 'value', 's', 'b'],
    );
    expect(runSession(session, runNode)).toMatchObject({ order: ['a', 'r'], end: 'stalled' });
    expect(session.next()).toEqual({ kind: 'stalled', blocked: ['s', 'c', 'out'] });
    expect(session.isComplete).toBe(false);
  });

  test('because an if waits for itself names it and what it holds back', () => {
    const session = circular(
      { a: { type: 'boolean' }, t: { type: 'any', value: 1 }, if: { type: 'if' }, out: { type: 'boolean' } },
      ['t.value > if.true_input', 'if.value > out.value'],
      ['out', 'value', 'if', 'condition'],
    );
    const { end } = runSession(session, runNode);
    expect(end).toBe('stalled');
    expect(session.next()).toMatchObject({ kind: 'stalled', blocked: expect.arrayContaining(['if', 'out']) });
  });
});
