/** How large a session may grow: each of these fails before memory is spent on what it asks for. */
import { describe, expect, test } from 'vitest';
import { INPUT_VALUES_MAX, SESSION_GATHERED_MAX, SESSION_INVOCATIONS_MAX } from '../../contract/limits.ts';
import { graphOf, sessionOf } from '../testing/graph-builder.ts';
import { collect, iterate, type Nodes, range, runGraph } from '../testing/run-graph.ts';
import { runNode, runSession } from '../testing/run-session.ts';

describe('what a session runs', () => {
  const product = (...lengths: number[]) => {
    const names = lengths.map((_, at) => `l${at}`);
    const nodes: Nodes = { s: { type: 'any' }, all: collect };
    const edges: string[] = [];
    for (const name of names) {
      Object.assign(nodes, {
        [name]: { type: 'range', stop: 1 },
        [`i${name}`]: iterate,
        [`c${name}`]: { type: 'add' },
      });
      edges.push(`${name}.collection > i${name}.collection`);
    }
    names.forEach((name, at) => {
      edges.push(`i${name}.item > c${name}.a`);
      if (at > 0) edges.push(`c${names[at - 1]}.value > c${name}.b`);
    });
    edges.push(`c${names.at(-1)}.value > s.value`);
    return runGraph(nodes, edges.concat('s.value > all.item'), [], (invocation) => {
      const at = names.indexOf(invocation.source_id);
      return at === -1 ? runNode(invocation) : { collection: new Array(lengths[at]).fill(0) };
    });
  };

  // Were the copies made before they are counted, these would take hours or all memory.
  test.each([[[1_001, 1_001]], [[1e6, 1e6]], [[2_000, 2_000, 2_000, 2_000]], [[SESSION_INVOCATIONS_MAX + 1]]])(
    'loops of %j fail before anything is made of them',
    (lengths) => {
      const { order, end, session } = product(...lengths);
      expect(end).toBe('failed');
      expect(order.every((id) => id.startsWith('l'))).toBe(true);
      const [[id, message] = ['', '']] = session.errors;
      expect([id, message]).toEqual([
        expect.stringMatching(/^(i|c)/),
        expect.stringContaining(String(SESSION_INVOCATIONS_MAX)),
      ]);
    },
  );

  test('is refused when its nodes together have too many copies, not only one of them', () => {
    const length = Math.floor(SESSION_INVOCATIONS_MAX / 3);
    const { end, session } = runGraph(
      { l: range(1), i: iterate, a: { type: 'add' }, b: { type: 'add' }, c: { type: 'add' } },
      ['l.collection > i.collection', 'i.item > a.a', 'i.item > b.a', 'i.item > c.a'],
      [],
      () => ({ collection: new Array(length).fill(0) }),
    );
    expect([end, session.errors.size]).toEqual(['failed', 1]);
  });

  test('right below the limit it runs', () => {
    const length = Math.floor((SESSION_INVOCATIONS_MAX - 2) / 2);
    const session = sessionOf(
      graphOf({ l: range(1), i: iterate, a: { type: 'add' } }, 'l.collection > i.collection', 'i.item > a.a'),
    );
    session.next();
    session.complete('l', { collection: new Array(length).fill(0) });
    expect(session.next()).toMatchObject({ kind: 'invocation', invocation: { id: 'a#0' } });
    expect(session.prepared().get('a')).toHaveLength(length);
  });
});

describe('what a session gathers', () => {
  /** Every element of `b` into the group of every element of `a`. */
  const groups = (a: number, b: number) => {
    const session = sessionOf(
      graphOf(
        { a: range(1), b: range(1), ia: iterate, ib: iterate, own: { type: 'tens' }, c: collect, out: { type: 'any' } },
        ...['a.collection > ia.collection', 'b.collection > ib.collection', 'ia.item > own.value'],
        ...['own.collection > c.collection', 'ib.item > c.item', 'c.collection > out.value'],
      ),
    );
    const { end, order } = runSession(session, (invocation) => {
      const length = invocation.id === 'a' ? a : b;
      return invocation.type === 'range' ? { collection: new Array(length).fill(1) } : runNode(invocation);
    });
    return { session, end, order };
  };

  test('[X68] is repeated into each group', () => {
    const { session, end } = groups(3, 4);
    expect([end, session.derived().get('c#2')?.collection]).toEqual(['complete', [10, 11, 1, 1, 1, 1]]);
  });

  // Were the lists made before they are counted, the last of these would take all memory.
  test.each([[1_001], [50_000]])('is bounded, before it is gathered: two lists of %i elements', (length) => {
    const { session, end, order } = groups(length, length);
    const [[id, message] = ['', '']] = session.errors;
    expect([end, id, order.includes('out#0')]).toEqual(['failed', 'c', false]);
    expect(message).toContain(String(SESSION_GATHERED_MAX));
  });

  test('is bounded where one list is repeated into every group of a loop', () => {
    const { session, end } = runGraph(
      {
        ...{ k: range(1), r: range(1), i: iterate, l: { type: 'tens' }, j: iterate, c: collect, out: { type: 'any' } },
      },
      [
        ...['r.collection > i.collection', 'i.item > l.value', 'l.collection > j.collection', 'j.item > c.item'],
        ...['k.collection > c.collection', 'c.collection > out.value'],
      ],
      [],
      (invocation) => (invocation.type === 'range' ? { collection: new Array(1_500).fill(1) } : runNode(invocation)),
    );
    expect([end, [...session.errors.values()].join()]).toEqual([
      'failed',
      expect.stringContaining(String(SESSION_GATHERED_MAX)),
    ]);
  });

  test.each([0, 1])(
    'is bounded by what lists in lists hold, however few of them there are: %i at the bottom',
    (stop) => {
      // Each pair of collects gathers the pair before it: 2 lists that stand for 2^60 values.
      const nodes: Nodes = { r: range(stop), i: iterate, out: { type: 'any' } };
      const edges = ['r.collection > i.collection'];
      let before = ['i.item'];
      for (let at = 0; at < 60; at++) {
        for (const name of [`a${at}`, `b${at}`]) {
          nodes[name] = collect;
          for (const item of before) edges.push(`${item} > ${name}.item`);
        }
        before = [`a${at}.collection`, `b${at}.collection`];
      }
      const { session, end } = runGraph(nodes, [...edges, 'a59.collection > out.value']);
      expect([end, [...session.errors.values()].join()]).toEqual([
        'failed',
        expect.stringContaining(String(SESSION_GATHERED_MAX)),
      ]);
    },
  );
});

test('what a node is given is bounded, where one long list is gathered many times', () => {
  const { session, end, order } = runGraph(
    { big: range(1), r: { type: 'booleans' }, i: iterate, if: { type: 'if' }, c: collect, out: { type: 'any' } },
    [
      ...['r.collection > i.collection', 'i.item > if.condition', 'big.collection > if.true_input'],
      ...['if.value > c.item', 'c.collection > out.value'],
    ],
    [],
    (invocation) => {
      if (invocation.id === 'out') return runNode(invocation);
      return { collection: new Array(20_000).fill(invocation.id === 'big' ? 1 : true) };
    },
  );
  expect([order, end, session.errors.get('out')]).toEqual([
    ['r', 'big'],
    'failed',
    expect.stringContaining(`more than ${INPUT_VALUES_MAX} values`),
  ]);
});
