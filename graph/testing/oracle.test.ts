/** The oracle itself, on runs worked out by hand: it must be right before it judges the engine. */
import { describe, expect, test } from 'vitest';
import { graphOf, pinnedOf } from './graph-builder.ts';
import { TEST_CATALOGUE } from './node-types.ts';
import { oracleRun } from './oracle.ts';
import { invocationId } from './oracle-moment.ts';
import { Shape } from './oracle-shape.ts';
import { runNode } from './run-session.ts';

type Nodes = Parameters<typeof graphOf>[0];

function ran(nodes: Nodes, ...edges: string[]) {
  const pinned = pinnedOf(graphOf(nodes, ...edges));
  const run = oracleRun(pinned, [], TEST_CATALOGUE, runNode);
  const last = run.moments.at(-1)!;
  const outputs = (id: string) => last.copies(id).map((copy) => [invocationId(copy), last.output(copy)] as const);
  return {
    order: run.order.join(' '),
    end: run.end,
    executed: run.executed.map((step) => step.join(' ')),
    skipped: last.skipped(),
    of: (id: string) =>
      Object.fromEntries(outputs(id).map(([name, output]) => [name, output?.collection ?? output?.value])),
    run,
  };
}

const range = (stop: number) => ({ type: 'range', stop });
const iterate = { type: 'iterate' };
const collect = { type: 'collect' };

describe('the oracle runs', () => {
  test('a loop, class by class', () => {
    const { order, end, executed, of } = ran(
      { r: range(3), it: iterate, mul: { type: 'multiply', b: 10 }, add: { type: 'add', b: 1 }, c: collect },
      'r.collection > it.collection',
      'it.item > mul.a',
      'mul.value > add.a',
      'add.value > c.item',
    );
    expect([order, end]).toEqual(['r mul#0 mul#1 mul#2 add#0 add#1 add#2', 'complete']);
    expect(executed).toEqual(['', 'r it', '', '', 'mul', '', '', 'add c']);
    expect(of('c')).toEqual({ c: [1, 11, 21] });
  });

  test('nothing of an empty loop, and what follows its collect', () => {
    const { order, executed, of } = ran(
      { c0: { type: 'integers' }, it: iterate, add: { type: 'add' }, col: collect, z: { type: 'integers' } },
      'c0.collection > it.collection',
      'it.item > add.a',
      'add.value > col.item',
      'col.collection > z.collection',
    );
    expect([order, executed]).toEqual(['c0 z', ['', 'c0 it add col', 'z']]);
    expect([of('add'), of('col')]).toEqual([{}, { col: [] }]);
  });

  test('two independent iterations in groups of the first, without a spurious one', () => {
    const { order, of } = ran(
      { a: range(2), b: range(3), ia: iterate, ib: iterate, s: { type: 'add' }, c: collect },
      'a.collection > ia.collection',
      'b.collection > ib.collection',
      'ia.item > s.a',
      'ib.item > s.b',
      's.value > c.item',
    );
    expect(order).toBe('a b s#0,0 s#0,1 s#0,2 s#1,0 s#1,1 s#1,2');
    expect(of('c')).toEqual({ 'c#0': [0, 1, 2], 'c#1': [1, 2, 3] });
  });

  test('ragged nested loops along their lineage', () => {
    const { order, of } = ran(
      {
        r: range(3),
        i: iterate,
        l: { type: 'pair_unless_zero' },
        j: iterate,
        s: { type: 'add' },
        c: collect,
        d: collect,
      },
      'r.collection > i.collection',
      'i.item > l.value',
      'l.collection > j.collection',
      'i.item > s.a',
      'j.item > s.b',
      's.value > c.item',
      'c.collection > d.item',
    );
    expect(order).toBe('r l#0 l#1 l#2 s#1,0 s#1,1 s#2,0 s#2,1');
    expect(of('c')).toEqual({ 'c#0': [], 'c#1': [1, 2], 'c#2': [2, 3] });
    expect(of('d')).toEqual({ d: [[], [1, 2], [2, 3]] });
  });

  test('items of several edges by path, then by edge, after the collection', () => {
    const { of } = ran(
      {
        ca: { type: 'integers', collection: [1, 2] },
        x: { type: 'integer', value: 99 },
        y: { type: 'integer', value: 98 },
        i: iterate,
        p: { type: 'add' },
        c: collect,
        k: { type: 'integers', collection: [7] },
      },
      'ca.collection > i.collection',
      'i.item > p.a',
      'p.value > c.item',
      'y.value > c.item',
      'x.value > c.item',
      'i.index > c.item',
      'k.collection > c.collection',
    );
    expect(of('c')).toEqual({ c: [7, 98, 99, 1, 0, 2, 1] });
  });

  test('only the branch that an if chooses, and says at once what is skipped', () => {
    const { order, executed, skipped } = ran(
      {
        cond: { type: 'boolean', value: true },
        t: { type: 'string', value: 't' },
        f: { type: 'string', value: 'f' },
        if: { type: 'if' },
        out: { type: 'any' },
      },
      'cond.value > if.condition',
      't.value > if.true_input',
      'f.value > if.false_input',
      'if.value > out.value',
    );
    expect([order, executed, skipped]).toEqual(['cond t out', ['', 'cond f', 't if', 'out'], ['f']]);
  });

  test('per iteration: a shared ancestor always, an exclusive outer node when one of its copies is wanted', () => {
    const { order, skipped } = ran(
      {
        b: { type: 'booleans', collection: [true, false, true] },
        i: iterate,
        outer: { type: 'string', value: 'o' },
        unused: { type: 'string', value: 'u' },
        shared: { type: 'string', value: 's' },
        t: { type: 'polymorphic' },
        if: { type: 'if' },
        if2: { type: 'if', condition: true },
        see: { type: 'any' },
      },
      'b.collection > i.collection',
      'i.item > if.condition',
      'outer.value > if.true_input',
      'shared.value > t.value',
      't.value > if.false_input',
      'if.value > if2.true_input',
      'unused.value > if2.false_input',
      'shared.value > see.value',
    );
    // t is in no iteration, so it runs once, for the copy in the middle; outer waited, and its class was not active yet.
    expect(order).toBe('b outer shared t see');
    expect(skipped).toEqual(['unused']);
  });

  test('a skipped branch with a loop inside: the iterate has no elements, and the collect is skipped too', () => {
    const nodes = (condition: boolean): Nodes => ({
      cond: { type: 'boolean', value: condition },
      r: range(2),
      i: iterate,
      p: { type: 'add' },
      c: collect,
      if: { type: 'if' },
    });
    const edges = [
      'cond.value > if.condition',
      'r.collection > i.collection',
      'i.item > p.a',
      'p.value > c.item',
      'c.collection > if.true_input',
    ];
    const no = ran(nodes(false), ...edges);
    expect([no.order, no.skipped, no.of('if'), no.end]).toEqual(['cond', ['r', 'c'], { if: null }, 'complete']);
    const yes = ran(nodes(true), ...edges);
    expect([yes.order, yes.skipped, yes.of('if')]).toEqual(['cond r p#0 p#1', [], { if: [0, 1] }]);
  });

  test('into the ground: a list that is none, a node that throws, an input that nothing fills', () => {
    const bad = ran({ a: { type: 'any', value: 3 }, i: iterate }, 'a.value > i.collection');
    expect([bad.order, bad.end, bad.run.failedAt]).toEqual(['a', 'input_error', ['i']]);
    const error = ran({ a: { type: 'error' }, b: { type: 'integer' } });
    expect([error.order, error.end, error.run.failedAt]).toEqual(['a', 'failed', ['a']]);
    const none = ran({ if: { type: 'if' }, p: { type: 'prompt' } }, 'if.value > p.prompt');
    expect([none.order, none.end, none.run.failedAt]).toEqual(['', 'input_error', ['p']]);
  });

  test('and knows whose live values the rest needs', () => {
    const { order, run } = ran(
      {
        n: { type: 'noise' },
        s: { type: 'split_latents' },
        i: iterate,
        d: { type: 'denoise' },
        c: collect,
        j: { type: 'join_latents' },
        img: { type: 'latents_to_image' },
      },
      'n.noise > s.latents',
      's.collection > i.collection',
      'i.item > d.noise',
      'd.latents > c.item',
      'c.collection > j.collection',
      'j.latents > img.latents',
    );
    expect(order).toBe('n s d#0 d#1 j img');
    expect([0, 1, 2, 3, 4, 5, 6].map((count) => run.recomputed(count).join(' '))).toEqual([
      '',
      'n',
      'n s',
      'd#0 n s',
      'd#0 d#1 n s',
      'd#0 d#1 j n s',
      '',
    ]);
  });
});

describe('the oracle knows of a shape', () => {
  test('the exclusive sets: neither shared nodes, nor iterates around the if, nor what feeds them', () => {
    const shape = new Shape(
      pinnedOf(
        graphOf(
          {
            r: range(2),
            i: iterate,
            m: { type: 'add' },
            own: { type: 'add' },
            deep: { type: 'add' },
            both: { type: 'add' },
            if: { type: 'if', condition: true },
          },
          'r.collection > i.collection',
          'i.item > m.a',
          'deep.value > own.a',
          'm.value > own.b',
          'own.value > if.true_input',
          'both.value > if.false_input',
          'both.value > deep.a',
        ),
      ),
      TEST_CATALOGUE,
    );
    expect([...shape.exclusive('if', 'true_input')].sort()).toEqual(['deep', 'm', 'own']);
    expect([...shape.exclusive('if', 'false_input')]).toEqual([]);
    expect(shape.hold('m')).toEqual({ of: 'if', branch: 'true_input', agree: ['i'] });
    expect(shape.hold('deep')).toEqual({ of: 'if', branch: 'true_input', agree: [] });
    expect(shape.hold('both')).toBeUndefined();
  });
});
