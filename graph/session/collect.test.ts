import { describe, expect, test } from 'vitest';
import { collect, integers, iterate, type Nodes, range, runGraph } from '../testing/run-graph.ts';
import { runNode } from '../testing/run-session.ts';

describe('a collect without a loop', () => {
  test('[G24] puts the collection first, then the item: Banana, Sushi, Ramen', () => {
    const { valuesOf, inputs } = runGraph(
      {
        item: { type: 'string', value: 'Ramen' },
        list: { type: 'strings', collection: ['Banana', 'Sushi'] },
        c: collect,
        out: { type: 'strings' },
      },
      ['item.value > c.item', 'list.collection > c.collection', 'c.collection > out.collection'],
    );
    expect(valuesOf('c')).toEqual({ c: ['Banana', 'Sushi', 'Ramen'] });
    expect(inputs.out).toEqual({ collection: ['Banana', 'Sushi', 'Ramen'] });
  });

  test('[G25] into a collect into an iterate: Banana', () => {
    const { inputs, end } = runGraph(
      { s: { type: 'string', value: 'Banana' }, a: collect, b: collect, i: iterate, out: { type: 'prompt' } },
      ['s.value > a.item', 'a.collection > b.collection', 'b.collection > i.collection', 'i.item > out.prompt'],
    );
    expect([end, inputs['out#0']]).toEqual(['complete', { prompt: 'Banana' }]);
  });

  test('keeps items of one path in the order of their edges, not of their nodes', () => {
    const nodes: Nodes = { a: { type: 'integer', value: 1 }, b: { type: 'integer', value: 2 }, c: collect };
    expect(runGraph(nodes, ['b.value > c.item', 'a.value > c.item']).valuesOf('c')).toEqual({ c: [2, 1] });
    expect(runGraph(nodes, ['a.value > c.item', 'b.value > c.item']).valuesOf('c')).toEqual({ c: [1, 2] });
  });

  test('counts a collection that is no list as one value, and keeps what is null', () => {
    const { valuesOf } = runGraph({ a: { type: 'any', value: 5 }, n: { type: 'if' }, c: collect, d: collect }, [
      'a.value > c.collection',
      'n.value > d.item',
      'a.value > d.item',
    ]);
    expect([valuesOf('c'), valuesOf('d')]).toEqual([{ c: [5] }, { d: [null, 5] }]);
  });

  test('gives its consumers copies: none of them changes what another one gets', () => {
    const { inputs, session } = runGraph(
      { l: integers(1, 2), c: collect, a: integers(), b: integers() },
      ['l.collection > c.collection', 'c.collection > a.collection', 'c.collection > b.collection'],
      [],
      (invocation) => {
        const output = structuredClone(runNode(invocation));
        if (invocation.id === 'a') (invocation.inputs.collection as number[]).push(99);
        return output;
      },
    );
    expect(inputs.b).toEqual({ collection: [1, 2] });
    expect(session.derived().get('c')).toMatchObject({ collection: [1, 2] });
  });
});

describe('a collect behind a loop', () => {
  test('[X62] inside another one gives a list for each outer iteration', () => {
    const { valuesOf } = runGraph(
      { r: range(2), i: iterate, l: { type: 'tens' }, j: iterate, s: { type: 'integer' }, c: collect },
      [
        ...['r.collection > i.collection', 'i.item > l.value', 'l.collection > j.collection'],
        ...['j.item > s.value', 's.value > c.item'],
      ],
    );
    expect(valuesOf('c')).toEqual({ 'c#0': [0, 1], 'c#1': [10, 11] });
  });

  const inner = (empty: boolean) =>
    runGraph(
      {
        ...{ r: range(2), i: iterate, l: { type: 'list_unless', empty }, j: iterate, s: { type: 'integer' } },
        ...{ c: collect, all: collect },
      },
      [
        ...['r.collection > i.collection', 'i.item > l.value', 'l.collection > j.collection'],
        ...['j.item > s.value', 's.value > c.item', 'c.collection > all.item'],
      ],
    );

  test('[X63] gives an empty list for each outer iteration whose inner list is empty', () => {
    expect(inner(true).valuesOf('c')).toEqual({ 'c#0': [], 'c#1': [] });
    expect(inner(true).valuesOf('all')).toEqual({ all: [[], []] });
    expect(inner(false).valuesOf('all')).toEqual({ all: [[], [1]] });
    expect(inner(false).session.prepared().get('c')).toEqual(['c#0', 'c#1']);
  });

  /** An inner loop whose list is collected, iterated again and collected again. */
  const chained = (inner: { type: string } & Record<string, unknown>) =>
    runGraph(
      {
        ...{ r: range(2), i: iterate, l: inner, j: iterate, s: { type: 'integer' }, c: collect, k: iterate },
        ...{ t: { type: 'integer' }, d: collect, all: collect },
      },
      [
        ...['r.collection > i.collection', 'i.item > l.value', 'l.collection > j.collection', 'j.item > s.value'],
        ...['s.value > c.item', 'c.collection > k.collection', 'k.item > t.value', 't.value > d.item'],
        'd.collection > all.item',
      ],
    ).valuesOf('all').all;

  test('[X65] collect, iterate, collect keeps the outer loop', () => {
    expect(chained({ type: 'list_unless', empty: true })).toEqual([[], []]);
    expect(chained({ type: 'tens' })).toEqual([
      [0, 1],
      [10, 11],
    ]);
    expect(chained({ type: 'list_unless' })).toEqual([[], [1]]);
  });

  test('[X68] repeats an outer collection into each group, before its items', () => {
    const { valuesOf } = runGraph(
      {
        ...{ k: integers(100), r: range(2), i: iterate, l: { type: 'tens' }, j: iterate, s: { type: 'integer' } },
        c: collect,
      },
      [
        ...['r.collection > i.collection', 'i.item > l.value', 'l.collection > j.collection', 'j.item > s.value'],
        ...['s.value > c.item', 'k.collection > c.collection'],
      ],
    );
    expect(valuesOf('c')).toEqual({ 'c#0': [100, 0, 1], 'c#1': [100, 10, 11] });
  });

  test('takes the collection of the same iteration, when that has one', () => {
    const { valuesOf } = runGraph(
      { r: range(2), i: iterate, l: { type: 'tens' }, j: iterate, s: { type: 'add', b: 5 }, c: collect },
      [
        ...['r.collection > i.collection', 'i.item > l.value', 'l.collection > j.collection', 'j.item > s.a'],
        ...['l.collection > c.collection', 's.value > c.item'],
      ],
    );
    expect(valuesOf('c')).toEqual({ 'c#0': [0, 1, 5, 6], 'c#1': [10, 11, 15, 16] });
  });

  test('[X73] takes items from fields of any name, of one and of several nodes', () => {
    const { valuesOf } = runGraph(
      {
        p: { type: 'strings', collection: ['x', 'y'] },
        i: iterate,
        a: { type: 'prompt' },
        b: { type: 'string' },
        c: collect,
      },
      [
        ...['p.collection > i.collection', 'i.item > a.prompt', 'i.item > b.value'],
        ...['a.prompt > c.item', 'b.value > c.item', 'i.item > c.item'],
      ],
    );
    expect(valuesOf('c')).toEqual({ c: ['x', 'x', 'x', 'y', 'y', 'y'] });
  });

  test('a plain item beside iterated ones comes first, since its path is the shortest', () => {
    const { order, valuesOf } = runGraph(
      { ca: integers(1, 2), x: { type: 'integer', value: 99 }, ia: iterate, add: { type: 'add' }, c: collect },
      ['ca.collection > ia.collection', 'ia.item > add.a', 'add.value > c.item', 'x.value > c.item'],
    );
    expect(order).toEqual(['ca', 'x', 'add#0', 'add#1']);
    expect(valuesOf('c')).toEqual({ c: [99, 1, 2] });
  });

  test.each([
    [2, 3, { 'c#0': [0, 1, 2], 'c#1': [1, 2, 3] }],
    [2, 2, { 'c#0': [0, 1], 'c#1': [1, 2] }],
    [3, 0, { 'c#0': [], 'c#1': [], 'c#2': [] }],
    [0, 3, {}],
  ])('of two independent loops, %i × %i, ends the second one, and has no group too many', (a, b, groups) => {
    // Overrides the anchor, where 2 × 3 has a third, empty group.
    const { valuesOf, end } = runGraph(
      { a: range(a), b: range(b), ia: iterate, ib: iterate, s: { type: 'add' }, c: collect, all: collect },
      [
        ...['a.collection > ia.collection', 'b.collection > ib.collection', 'ia.item > s.a', 'ib.item > s.b'],
        ...['s.value > c.item', 'c.collection > all.item'],
      ],
    );
    expect([end, valuesOf('c')]).toEqual(['complete', groups]);
    expect(valuesOf('all')).toEqual({ all: Object.values(groups) });
  });

  test('of two loops by two edges gathers both into one list', () => {
    const { valuesOf } = runGraph({ a: integers(1, 2), b: integers(3, 4, 5), ia: iterate, ib: iterate, c: collect }, [
      'a.collection > ia.collection',
      'b.collection > ib.collection',
      'ib.item > c.item',
      'ia.item > c.item',
    ]);
    expect(valuesOf('c')).toEqual({ c: [3, 1, 4, 2, 5] });
  });

  test('[X75] has nothing of a branch that is skipped, and never another iteration’s instead', () => {
    const { valuesOf, session } = runGraph(
      {
        ...{ b: { type: 'booleans', collection: [true, false, true] }, i: iterate, t: { type: 'add', b: 10 } },
        ...{ if: { type: 'if', false_input: -1 }, c: collect },
      },
      [
        ...['b.collection > i.collection', 'i.item > if.condition', 'i.index > t.a', 't.value > if.true_input'],
        'if.value > c.item',
      ],
    );
    expect([...session.skipped]).toEqual(['t#1']);
    expect(valuesOf('t')).toEqual({ 't#0': 10, 't#2': 12 });
    expect(valuesOf('c')).toEqual({ c: [10, -1, 12] });
  });

  test('[X75] is skipped with the branch that it is in, with nothing gathered', () => {
    const { valuesOf, session, end } = runGraph(
      {
        l: integers(1, 2),
        i: iterate,
        a: { type: 'add' },
        c: collect,
        if: { type: 'if', condition: false, false_input: [7] },
      },
      ['l.collection > i.collection', 'i.item > a.a', 'a.value > c.item', 'c.collection > if.true_input'],
    );
    expect([end, [...session.skipped].sort(), valuesOf('if')]).toEqual(['complete', ['c', 'l'], { if: [7] }]);
    expect(session.derived().has('c')).toBe(false);
  });
});
