import { describe, expect, test } from 'vitest';
import { graphOf, sessionOf } from '../testing/graph-builder.ts';
import { collect, integers, iterate, type Nodes, range, runGraph } from '../testing/run-graph.ts';
import { runNode } from '../testing/run-session.ts';

const LOOP: Nodes = {
  r: range(3),
  it: iterate,
  mul: { type: 'multiply', b: 10 },
  add: { type: 'add', b: 1 },
  c: collect,
};
const LOOP_EDGES = ['r.collection > it.collection', 'it.item > mul.a', 'mul.value > add.a', 'add.value > c.item'];

describe('a loop', () => {
  test('[X43] range(0..3) iterate ×10 +1 → 1, 11, 21, a node of the body after the other', () => {
    const { order, end, history, valuesOf, session } = runGraph(LOOP, LOOP_EDGES);
    expect(order.join(' ')).toBe('r mul#0 mul#1 mul#2 add#0 add#1 add#2');
    expect([end, history]).toEqual(['complete', 'r it mul add c']);
    expect(valuesOf('add')).toEqual({ 'add#0': 1, 'add#1': 11, 'add#2': 21 });
    expect(valuesOf('c')).toEqual({ c: [1, 11, 21] });
    expect(session.resultCount).toBe(7);
  });

  test('gives each copy its element, its index and how many there are', () => {
    const { inputs, session } = runGraph({ l: integers(7, 5), it: iterate, a: { type: 'add' }, t: { type: 'any' } }, [
      'l.collection > it.collection',
      'it.index > a.a',
      'it.item > a.b',
      'it.total > t.value',
    ]);
    expect(inputs).toMatchObject({ 'a#0': { a: 0, b: 7 }, 'a#1': { a: 1, b: 5 }, 't#0': { value: 2 } });
    expect(Object.fromEntries(session.derived())).toEqual({
      'it#0': { type: 'iterate_output', item: 7, index: 0, total: 2 },
      'it#1': { type: 'iterate_output', item: 5, index: 1, total: 2 },
    });
  });

  test('[X45] runs its control nodes nowhere, so nothing of them is cached; its body keeps use_cache', () => {
    const session = sessionOf(
      graphOf({ ...LOOP, it: { ...iterate, use_cache: true }, mul: { ...LOOP.mul!, use_cache: false } }, ...LOOP_EDGES),
    );
    const cached: Record<string, boolean> = {};
    for (let step = session.next(); step.kind === 'invocation'; step = session.next()) {
      cached[step.invocation.id] = step.invocation.node.use_cache;
      session.complete(step.invocation.id, runNode(step.invocation));
    }
    expect(cached).toMatchObject({ r: true, 'mul#0': false, 'mul#2': false, 'add#0': true });
    expect(Object.keys(cached).filter((id) => /^(it|c)/.test(id))).toEqual([]);
  });

  test('[X51] keeps what its collect gathered, and has no result of a control node to record', () => {
    const { session } = runGraph(LOOP, LOOP_EDGES);
    expect([...session.results.keys()].filter((id) => /^(it|c)/.test(id))).toEqual([]);
    expect(session.derived().get('c')).toEqual({ type: 'collect_output', collection: [1, 11, 21] });
    expect(session.ready()).toEqual([]);
  });

  test('[X52] over prompts gathers the same prompts', () => {
    const collection = ['Banana sushi', 'Cat sushi'];
    const { valuesOf } = runGraph(
      { p: { type: 'prompt_collection', collection }, it: iterate, t: { type: 'prompt' }, c: collect },
      ['p.collection > it.collection', 'it.item > t.prompt', 't.prompt > c.item'],
    );
    expect(valuesOf('c')).toEqual({ c: collection });
  });

  test('[X53] over nothing completes, and gathers an empty list', () => {
    const { order, history, end, valuesOf, session } = runGraph(
      { c0: integers(), it: iterate, add: { type: 'add' }, col: collect, z: integers() },
      ['c0.collection > it.collection', 'it.item > add.a', 'add.value > col.item', 'col.collection > z.collection'],
    );
    expect([order, history, end]).toEqual([['c0', 'z'], 'c0 it add col z', 'complete']);
    expect([valuesOf('col'), valuesOf('z')]).toEqual([{ col: [] }, { z: [] }]);
    expect([session.prepared().get('it'), session.prepared().get('add')]).toEqual([[], []]);
  });

  test('[X54] twice over nothing in parallel completes; asked again, it stays so', () => {
    const { end, valuesOf, session } = runGraph(
      { a: integers(), b: integers(), i: iterate, j: iterate, x: { type: 'add' }, y: { type: 'add' }, c: collect },
      [
        ...['a.collection > i.collection', 'b.collection > j.collection', 'i.item > x.a', 'j.item > y.a'],
        ...['x.value > c.item', 'y.value > c.item'],
      ],
    );
    expect([end, valuesOf('c')]).toEqual(['complete', { c: [] }]);
    expect([session.next(), session.next()]).toEqual([{ kind: 'complete' }, { kind: 'complete' }]);
  });

  test('[X57] has everything prepared from the start but what a list has yet to multiply', () => {
    const session = sessionOf(
      graphOf({ ...LOOP, after: integers(), side: { type: 'add' } }, ...LOOP_EDGES, 'c.collection > after.collection'),
    );
    expect(Object.fromEntries(session.prepared())).toEqual({ r: ['r'], side: ['side'] });
    session.next();
    session.complete('r', { collection: [1, 2] });
    expect(Object.fromEntries(session.prepared())).toEqual({
      r: ['r'],
      side: ['side'],
      it: ['it#0', 'it#1'],
      mul: ['mul#0', 'mul#1'],
      add: ['add#0', 'add#1'],
      c: ['c'],
      after: ['after'],
    });
  });
});

describe('loops in loops', () => {
  const nested = (...outer: number[]) =>
    runGraph(
      {
        ...{ r: integers(...outer), i: iterate, l: { type: 'tens' }, j: iterate, s: { type: 'add' }, flat: collect },
        outer: collect,
      },
      [
        ...['r.collection > i.collection', 'i.item > l.value', 'l.collection > j.collection', 'j.item > s.a'],
        ...['s.value > flat.item', 'flat.collection > outer.item'],
      ],
    );

  test('[X61] 2 × 2 run in the order of their paths: 0, 1, 10, 11', () => {
    const { order, valuesOf } = nested(0, 1);
    expect(order.join(' ')).toBe('r l#0 l#1 s#0,0 s#0,1 s#1,0 s#1,1');
    expect(valuesOf('s')).toEqual({ 's#0,0': 0, 's#0,1': 1, 's#1,0': 10, 's#1,1': 11 });
  });

  test('order paths by their numbers: 2 before 10', () => {
    const { order } = nested(...Array.from({ length: 11 }, (_, index) => index));
    const outer = order.flatMap((id) => (id.startsWith('s#') ? [Number(id.slice(2).split(',')[0])] : []));
    expect(outer).toEqual([...outer].sort((a, b) => a - b));
    expect(outer).toHaveLength(22);
  });

  /** Three levels: a list of lists of lists, as text in `any`. */
  const deep = (lists: unknown[]) =>
    runGraph(
      {
        ...{
          l: { type: 'anys', collection: lists },
          i: iterate,
          li: { type: 'anys' },
          j: iterate,
          lj: { type: 'anys' },
        },
        ...{ k: iterate, v: { type: 'any' }, ck: collect, cj: collect, ci: collect },
      },
      [
        ...['l.collection > i.collection', 'i.item > li.collection', 'li.collection > j.collection'],
        ...['j.item > lj.collection', 'lj.collection > k.collection', 'k.item > v.value', 'v.value > ck.item'],
        ...['ck.collection > cj.item', 'cj.collection > ci.item'],
      ],
    );

  test.each<[string, unknown[], string]>([
    ['ragged', [[[1], [2, 3]], [[4, 5, 6]]], 'v#0,0,0 v#0,1,0 v#0,1,1 v#1,0,0 v#1,0,1 v#1,0,2'],
    ['empty innermost', [[[], [1]], [[]]], 'v#0,1,0'],
    ['empty in the middle', [[], [[1, 2]], []], 'v#1,0,0 v#1,0,1'],
    ['empty everywhere below', [[], []], ''],
    ['empty at the top', [], ''],
  ])('three deep, %s: expand along their lineage, and gather the same lists again', (_, lists, ran) => {
    const { order, end, valuesOf, session } = deep(lists);
    expect(order.filter((id) => id.startsWith('v')).join(' ')).toBe(ran);
    expect([end, valuesOf('ci')]).toEqual(['complete', { ci: lists }]);
    expect(session.history).toHaveLength(10);
  });
});

describe('loops beside each other', () => {
  test('2 × 2 of a·10 + b: a full product, the first iterate outermost', () => {
    const { order, history, valuesOf } = runGraph(
      {
        ...{ ca: integers(0, 1), cb: integers(0, 1), ia: iterate, ib: iterate, m10: { type: 'multiply', b: 10 } },
        ...{ add: { type: 'add' }, c: collect },
      },
      [
        ...['ca.collection > ia.collection', 'cb.collection > ib.collection', 'ia.item > m10.a'],
        ...['m10.value > add.a', 'ib.item > add.b', 'add.value > c.item'],
      ],
    );
    expect(order.join(' ')).toBe('ca cb m10#0 m10#1 add#0,0 add#0,1 add#1,0 add#1,1');
    // Overrides the anchor's golden run, where the collects c0 and c1 run as invocations.
    expect(history).toBe('ca ia cb ib m10 add c');
    expect(valuesOf('c')).toEqual({ 'c#0': [0, 1], 'c#1': [10, 11] });
  });

  test('the same list twice is two loops', () => {
    const { valuesOf } = runGraph({ r: range(2), i: iterate, j: iterate, s: { type: 'add' } }, [
      'r.collection > i.collection',
      'r.collection > j.collection',
      'i.item > s.a',
      'j.item > s.b',
    ]);
    expect(valuesOf('s')).toEqual({ 's#0,0': 0, 's#0,1': 1, 's#1,0': 1, 's#1,1': 2 });
  });

  test('the item and the index of one iterate are one loop', () => {
    const { valuesOf } = runGraph({ r: integers(5, 6), i: iterate, s: { type: 'add' } }, [
      'r.collection > i.collection',
      'i.item > s.a',
      'i.index > s.b',
    ]);
    expect(valuesOf('s')).toEqual({ 's#0': 5, 's#1': 7 });
  });
});

describe('an iterate that cannot', () => {
  const fed = (value: unknown) => {
    const session = sessionOf(
      graphOf(
        { a: { type: 'anys' }, i: iterate, x: { type: 'any' }, free: { type: 'integer' } },
        'a.collection > i.collection',
        'i.item > x.value',
      ),
    );
    expect(session.next()).toMatchObject({ invocation: { id: 'a' } });
    session.complete('a', { collection: value });
    return session;
  };

  test.each([null, undefined, 3, 'text', { length: 2 }, false])(
    'is fed %j: an input error at once, then failed',
    (value) => {
      const session = fed(value);
      const step = session.next();
      expect(step).toMatchObject({ kind: 'input_error', invocation_id: 'i', source_id: 'i', field: 'collection' });
      expect(step.kind === 'input_error' && step.message).toContain('Node i has invalid incoming input for collection');
      expect(session.next()).toBe(step);
      session.fail('i', 'no list');
      expect(session.next()).toEqual({ kind: 'failed', invocation_id: 'i', message: 'no list' });
      expect([[...session.results.keys()], session.isComplete]).toEqual([['a'], false]);
    },
  );

  test('is named by its path, inside a loop', () => {
    const { order, session } = runGraph(
      { r: { type: 'anys', collection: [[1], 2] }, i: iterate, x: { type: 'any' }, l: { type: 'anys' }, j: iterate },
      ['r.collection > i.collection', 'i.item > x.value', 'i.item > l.collection', 'l.collection > j.collection'],
    );
    expect(order).toEqual(['r', 'l#0']);
    expect([...session.errors.keys()]).toEqual(['l#1']);
    const direct = runGraph({ r: { type: 'anys', collection: [[1], 2] }, i: iterate, j: iterate }, [
      ...['r.collection > i.collection', 'i.item > j.collection'],
    ]);
    expect([...direct.session.errors.keys()]).toEqual(['j#1']);
  });

  test('a copy of a body is named in its input error, as any node', () => {
    const { order, session, end } = runGraph({ l: integers(8, 0, 16), i: iterate, n: { type: 'noise' } }, [
      'l.collection > i.collection',
      'i.item > n.width',
    ]);
    expect([order, end]).toEqual([['l', 'n#0'], 'failed']);
    expect(session.errors.get('n#1')).toBe('Node n#1 has invalid incoming input for width: Give more than 0 here.');
  });
});
