import { describe, expect, test } from 'vitest';
import { graphOf, sessionOf } from '../testing/graph-builder.ts';
import { collect, integers, iterate, type Nodes, range, runGraph } from '../testing/run-graph.ts';
import { runNode, runSession } from '../testing/run-session.ts';

const flag = (value: boolean) => ({ type: 'boolean', value });
const text = (value: string) => ({ type: 'string', value });
const IF = { type: 'if' };
const BOTH = ['cond.value > if.condition', 't.value > if.true_input', 'f.value > if.false_input'];

describe('an if', () => {
  const simple = (condition: boolean) =>
    runGraph({ cond: flag(condition), t: text('t'), f: text('f'), if: IF, out: { type: 'prompt' } }, [
      ...BOTH,
      'if.value > out.prompt',
    ]);

  test('[F76] passes on true_input when its condition is true, false_input otherwise, into a typed input too', () => {
    expect(simple(true).inputs.out).toEqual({ prompt: 't' });
    expect(simple(false).inputs.out).toEqual({ prompt: 'f' });
  });

  test('[F76] passes on null when nothing leads to the selected input, and its condition is false by itself', () => {
    const { session, valuesOf } = runGraph({ t: text('t'), if: IF, any: { type: 'any' } }, [
      ...['t.value > if.true_input', 'if.value > any.value'],
    ]);
    expect([valuesOf('if'), [...session.skipped]]).toEqual([{ if: null }, ['t']]);
    expect(session.derived().get('if')).toEqual({ type: 'if_output', value: null });
  });

  test('passes on literals, and takes its condition from a batch', () => {
    const nodes: Nodes = { if: { ...IF, true_input: 'yes', false_input: 'no' }, out: { type: 'any' } };
    const value = (condition: boolean) =>
      runGraph(nodes, ['if.value > out.value'], [{ node_path: 'if', field_name: 'condition', value: condition }]).inputs
        .out;
    expect([value(true), value(false)]).toEqual([{ value: 'yes' }, { value: 'no' }]);
  });

  test('[F77] runs the branch that it selects, and not the other one', () => {
    expect(simple(true).order).toEqual(['cond', 't', 'out']);
    expect(simple(false).order).toEqual(['cond', 'f', 'out']);
    expect([...simple(true).session.results.keys()]).toEqual(['cond', 't', 'out']);
  });

  test('[F78] puts a skipped source into the history once, and perhaps before executed ones', () => {
    const { history, session } = simple(true);
    expect(history).toBe('cond f t if out');
    expect([...session.executed].sort()).toEqual(['cond', 'f', 'if', 'out', 't']);
    expect([...session.skipped]).toEqual(['f']);
  });

  test('holds both branches back until it has its condition', () => {
    const session = sessionOf(graphOf({ t: text('t'), f: text('f'), cond: flag(true), if: IF }, ...BOTH));
    expect([session.ready(), [...session.skipped]]).toEqual([['cond'], []]);
    session.next();
    session.complete('cond', { value: false });
    expect([session.ready(), [...session.skipped]]).toEqual([['f'], ['t']]);
  });

  test('does not wait for the input that it did not select, when that runs anyway', () => {
    const { order } = runGraph(
      { cond: flag(true), t: text('t'), if: IF, out: text(''), slow: text('slow'), see: text('') },
      [
        ...['cond.value > if.condition', 't.value > if.true_input', 'slow.value > if.false_input'],
        ...['slow.value > see.value', 'if.value > out.value'],
      ],
    );
    expect(order).toEqual(['cond', 't', 'out', 'slow', 'see']);
  });

  test.each([null, 1, 'true', [true], {}])('refuses %j as its condition: an input error at once', (value) => {
    const session = sessionOf(
      graphOf({ a: { type: 'any', value: 0 }, if: IF, x: text('x') }, 'a.value > if.condition'),
    );
    session.next();
    session.complete('a', { value });
    const step = session.next();
    if (value === null) expect(step).toMatchObject({ kind: 'invocation', invocation: { id: 'x' } });
    else expect(step).toMatchObject({ kind: 'input_error', invocation_id: 'if', field: 'condition' });
  });
});

describe('what an if does not need', () => {
  test('[F79] shared ancestors and side consumers run, what one branch alone needs does not', () => {
    const { order, session } = runGraph(
      {
        ...{
          cond: flag(true),
          shared: { type: 'integer', value: 1 },
          mid: { type: 'add', b: 1 },
          leaf: { type: 'add' },
        },
        ...{ t: { type: 'add', b: 5 }, side: { type: 'add', b: 9 }, if: IF },
      },
      [
        ...['cond.value > if.condition', 'shared.value > mid.a', 'mid.value > leaf.a', 'leaf.value > if.false_input'],
        ...['shared.value > t.a', 't.value > if.true_input', 'shared.value > side.a'],
      ],
    );
    expect(order).toEqual(['cond', 'shared', 't', 'side']);
    expect([...session.skipped].sort()).toEqual(['leaf', 'mid']);
  });

  test('[F80] a distant ancestor that somebody else needs runs', () => {
    const { order, session } = runGraph(
      {
        ...{
          cond: flag(true),
          far: { type: 'integer', value: 3 },
          mid: { type: 'add' },
          leaf: { type: 'add' },
          if: IF,
        },
        other: { type: 'add' },
      },
      [
        ...['cond.value > if.condition', 'far.value > mid.a', 'mid.value > leaf.a', 'leaf.value > if.false_input'],
        'far.value > other.a',
      ],
    );
    expect([order, [...session.skipped].sort()]).toEqual([
      ['cond', 'far', 'other'],
      ['leaf', 'mid'],
    ]);
  });

  test('a node that feeds both inputs, or the condition too, always runs', () => {
    for (const condition of [true, false]) {
      const both = runGraph({ cond: flag(condition), x: text('x'), if: IF }, [
        ...['cond.value > if.condition', 'x.value > if.true_input', 'x.value > if.false_input'],
      ]);
      expect([both.order, both.valuesOf('if')]).toEqual([['cond', 'x'], { if: 'x' }]);
      const self = runGraph({ x: flag(condition), if: IF }, ['x.value > if.condition', 'x.value > if.false_input']);
      expect([self.order, self.session.skipped.size]).toEqual([['x'], 0]);
    }
  });

  test('[F82] two ifs beside each other hold back nothing of each other', () => {
    const { valuesOf, session, order } = runGraph(
      {
        ...{ ca: flag(true), cb: flag(false), ta: text('true a'), fa: text('false a'), tb: text('true b') },
        ...{ fb: text('false b'), a: IF, b: IF, c: collect },
      },
      [
        ...['ca.value > a.condition', 'ta.value > a.true_input', 'fa.value > a.false_input'],
        ...['cb.value > b.condition', 'tb.value > b.true_input', 'fb.value > b.false_input'],
        ...['a.value > c.item', 'b.value > c.item'],
      ],
    );
    expect(valuesOf('c')).toEqual({ c: ['true a', 'false b'] });
    expect([[...session.skipped].sort(), order]).toEqual([
      ['fa', 'tb'],
      ['ca', 'cb', 'ta', 'fb'],
    ]);
  });

  test('inside another branch: neither its condition nor its branches run when the outer if is against them', () => {
    const nested = (outer: boolean, inner: boolean) => {
      const { order, valuesOf, session } = runGraph(
        { co: flag(outer), ci: flag(inner), x: text('x'), y: text('y'), z: text('z'), inner: IF, outer: IF },
        [
          ...['co.value > outer.condition', 'ci.value > inner.condition', 'x.value > inner.true_input'],
          ...['y.value > inner.false_input', 'inner.value > outer.true_input', 'z.value > outer.false_input'],
        ],
      );
      return [order.join(' '), valuesOf('outer').outer, [...session.skipped].sort().join(' ')];
    };
    expect(nested(true, true)).toEqual(['co ci x', 'x', 'y z']);
    expect(nested(true, false)).toEqual(['co ci y', 'y', 'x z']);
    expect(nested(false, true)).toEqual(['co z', 'z', 'ci inner x y']);
  });

  test('a chain of thousands of ifs is decided without end of the stack', () => {
    const nodes: Nodes = { s: text('s') };
    const edges: string[] = [];
    for (let at = 0; at < 2_000; at++) {
      nodes[`if${at}`] = { ...IF, condition: at > 0 };
      edges.push(at === 0 ? 's.value > if0.false_input' : `if${at - 1}.value > if${at}.true_input`);
    }
    const { order, valuesOf, session } = runGraph(nodes, edges);
    expect([order, valuesOf('if1999'), session.skipped.size]).toEqual([['s'], { if1999: 's' }, 0]);
    const none = runGraph({ ...nodes, if1999: { ...IF, condition: false } }, edges);
    expect([none.order, none.session.skipped.size, none.end]).toEqual([[], 2_000, 'complete']);
  });
});

describe('an if in a loop', () => {
  const FLAGS = { type: 'booleans', collection: [true, false, true] };

  test('[F77] selects for each iteration by itself', () => {
    const { order, session, valuesOf } = runGraph(
      { b: FLAGS, i: iterate, t: { type: 'add', b: 10 }, f: { type: 'add', b: 20 }, if: IF, c: collect },
      [
        ...['b.collection > i.collection', 'i.item > if.condition', 'i.index > t.a', 'i.index > f.a'],
        ...['t.value > if.true_input', 'f.value > if.false_input', 'if.value > c.item'],
      ],
    );
    expect(order).toEqual(['b', 't#0', 'f#1', 't#2']);
    expect([...session.skipped].sort()).toEqual(['f#0', 'f#2', 't#1']);
    expect(valuesOf('c')).toEqual({ c: [10, 21, 12] });
  });

  test('[F85] a consumer that both branches share runs once for each of three iterations', () => {
    const { order, end } = runGraph(
      {
        ...{ b: FLAGS, i: iterate, pre: { type: 'any' }, t: { type: 'any' }, f: { type: 'any' }, if: IF },
        shared: { type: 'any' },
      },
      [
        ...['b.collection > i.collection', 'i.item > pre.value', 'i.item > if.condition', 'pre.value > t.value'],
        ...['pre.value > f.value', 't.value > if.true_input', 'f.value > if.false_input', 'if.value > shared.value'],
      ],
    );
    expect(order.filter((id) => id.startsWith('shared'))).toEqual(['shared#0', 'shared#1', 'shared#2']);
    expect([order.filter((id) => id.startsWith('pre')).length, end]).toEqual([3, 'complete']);
  });

  test('runs a node outside of the loop when one of the iterations selects it, and skips it when none does', () => {
    const ran = (collection: boolean[]) => {
      const { order, session, end } = runGraph(
        { b: { type: 'booleans', collection }, i: iterate, out: text('out'), if: { ...IF, false_input: 'no' } },
        ['b.collection > i.collection', 'i.item > if.condition', 'out.value > if.true_input'],
      );
      return [order.join(' '), [...session.skipped].join(' '), end];
    };
    expect(ran([false, true, false])).toEqual(['b out', '', 'complete']);
    expect(ran([false, false])).toEqual(['b', 'out', 'complete']);
    expect(ran([])).toEqual(['b', 'out', 'complete']);
  });

  test('[F89] what ran for one iteration is not skipped by a later one', () => {
    const { session, history } = runGraph(
      { b: FLAGS, i: iterate, cond: { type: 'any' }, out: text('out'), if: { ...IF, false_input: 'no' }, c: collect },
      [
        ...['b.collection > i.collection', 'i.item > cond.value', 'cond.value > if.condition'],
        ...['out.value > if.true_input', 'if.value > c.item'],
      ],
    );
    expect(session.derived().get('c')).toMatchObject({ collection: ['out', 'no', 'out'] });
    expect([session.skipped.size, session.results.has('out')]).toEqual([0, true]);
    expect(history.split(' ').filter((id) => id === 'out')).toHaveLength(1);
  });

  test('a copy that decided before its branch was prepared is counted once', () => {
    const session = sessionOf(
      graphOf(
        {
          ...{ la: { type: 'booleans' }, ia: iterate, cond: { type: 'boolean' }, lb: integers(5, 6), ib: iterate },
          ...{ if: { ...IF, false_input: -1 }, x: { type: 'add' } },
        },
        ...['la.collection > ia.collection', 'ia.item > cond.value', 'lb.collection > ib.collection'],
        ...['cond.value > if.condition', 'ib.item > x.a', 'x.value > if.true_input'],
      ),
    );
    session.restore([
      { invocation_id: 'la', result: { type: 'booleans_output', collection: [false, true] } },
      { invocation_id: 'cond#0', result: { type: 'boolean_output', value: false } },
      { invocation_id: 'lb', result: { type: 'integers_output', collection: [5, 6] } },
    ]);
    expect([...session.skipped]).toEqual([]);
    expect(runSession(session, runNode)).toMatchObject({ order: ['cond#1', 'x#0', 'x#1'], end: 'complete' });
    expect([...session.derived()].flatMap(([id, output]) => (id.startsWith('if') ? [output.value] : []))).toEqual([
      ...[-1, -1, 5, 6],
    ]);
  });
});

describe('a branch with a loop inside', () => {
  const loop = (condition: boolean, empty = false) =>
    runGraph(
      {
        ...{ r: range(empty ? 0 : 2), i: iterate, a: { type: 'add', b: 1 }, c: collect, cond: flag(condition), if: IF },
        out: { type: 'any' },
      },
      [
        ...['r.collection > i.collection', 'i.item > a.a', 'a.value > c.item', 'c.collection > if.true_input'],
        ...['cond.value > if.condition', 'if.value > out.value'],
      ],
    );

  test('runs when it is selected, an empty one too', () => {
    expect(loop(true).order).toEqual(['cond', 'r', 'a#0', 'a#1', 'out']);
    expect(loop(true).inputs.out).toEqual({ value: [1, 2] });
    expect(loop(true, true).inputs.out).toEqual({ value: [] });
  });

  test('is skipped as a whole: its iterate has no elements and its collect gathers nothing', () => {
    const { order, session, history, end } = loop(false);
    expect([order, end]).toEqual([['cond', 'out'], 'complete']);
    expect([...session.skipped].sort()).toEqual(['c', 'r']);
    expect([session.prepared().get('i'), session.prepared().get('a')]).toEqual([[], []]);
    expect(history.split(' ').sort()).toEqual(['a', 'c', 'cond', 'i', 'if', 'out', 'r']);
  });

  test('whose iterations the if is in: what multiplies the if is not held back', () => {
    const { order, session } = runGraph(
      { r: range(2), i: iterate, a: { type: 'add' }, if: { ...IF, condition: false }, out: { type: 'any' } },
      ['r.collection > i.collection', 'i.item > a.a', 'a.value > if.true_input', 'if.value > out.value'],
    );
    expect(order).toEqual(['r', 'out#0', 'out#1']);
    expect([...session.skipped].sort()).toEqual(['a#0', 'a#1']);
  });
});

describe('a restored if', () => {
  const graph = () =>
    graphOf(
      { cond: flag(true), t: text('t'), f: text('f'), if: IF, out: { type: 'prompt' } },
      ...BOTH,
      'if.value > out.prompt',
    );
  const cond = { invocation_id: 'cond', result: { type: 'boolean_output', value: true } };

  test('[F87] keeps the branch that it selected, after JSON', () => {
    const session = sessionOf(graph());
    session.restore(JSON.parse(JSON.stringify([cond])));
    expect([session.history, [...session.skipped], session.ready()]).toEqual([['cond', 'f'], ['f'], ['t']]);
    expect(runSession(session, runNode)).toMatchObject({ order: ['t', 'out'], inputs: { out: { prompt: 't' } } });
  });

  test('[F88] waits for the node that it selected: records that leave that one out are refused, by name', () => {
    const out = { invocation_id: 'out', result: { type: 'prompt_output', prompt: 't' } };
    expect(() => sessionOf(graph()).restore([cond, out])).toThrow('"out" was recorded before what it waits for');
    const f = { invocation_id: 'f', result: { type: 'string_output', value: 'f' } };
    expect(() => sessionOf(graph()).restore([cond, f])).toThrow('"f"');
  });
});
