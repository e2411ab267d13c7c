import { describe, expect, test } from 'vitest';
import { graphOf, pinnedOf, sessionOf } from '../testing/graph-builder.ts';
import { catalogueOf, TEST_CATALOGUE } from '../testing/node-types.ts';
import { runNode as run, runSession } from '../testing/run-session.ts';
import { Session } from './session.ts';

const two = () =>
  graphOf({ '1': { type: 'prompt', prompt: 'Banana sushi' }, '2': { type: 'text_to_image' } }, '1.prompt > 2.prompt');

describe('a session runs', () => {
  test('[X41] parents before children, copies values along edges, and then is complete', () => {
    const session = sessionOf(two());
    const trace = runSession(session, run);
    expect(trace.order).toEqual(['1', '2']);
    expect(trace.inputs['2']).toEqual({ prompt: 'Banana sushi', prompt2: '' });
    expect(session.next()).toEqual({ kind: 'complete' });
    expect([...session.results]).toEqual([
      ['1', { type: 'prompt_output', prompt: 'Banana sushi' }],
      ['2', { type: 'text_to_image_output', image: { image_name: '2' } }],
    ]);
    expect(session.history).toEqual(['1', '2']);
  });

  test('[X42] and is complete after all of its nodes, not after one', () => {
    const session = sessionOf(two());
    runSession(session, run, 1);
    expect([session.isComplete, session.resultCount]).toEqual([false, 1]);
    runSession(session, run, 1);
    expect([session.isComplete, session.resultCount]).toEqual([true, 2]);
  });

  test('an empty graph: complete at once', () => {
    expect(sessionOf(graphOf({})).next()).toEqual({ kind: 'complete' });
  });

  test('[X59] class by class, classes in the order in which they first became ready', () => {
    const integer = { type: 'integer' };
    const graph = graphOf(
      { z1: integer, a1: { type: 'float' }, z2: { type: 'integer' }, a2: { type: 'float' }, late: { type: 'add' } },
      'z1.value > z2.value',
      'z1.value > a2.value',
      'z1.value > late.a',
    );
    // Overrides the anchor's golden run (a1 z1 z2 a2): the first class is that of the first node, not the first of two.
    expect(runSession(sessionOf(graph), run).order).toEqual(['z1', 'z2', 'a1', 'a2', 'late']);
  });

  test('siblings in the order in which they were submitted, whatever the order of the edges', () => {
    const graph = graphOf(
      { p: { type: 'integer' }, c3: { type: 'add' }, c1: { type: 'add' }, c2: { type: 'add' } },
      'p.value > c2.a',
      'p.value > c1.a',
      'p.value > c3.a',
      'p.value > c1.b',
    );
    expect(runSession(sessionOf(graph), run).order).toEqual(['p', 'c3', 'c1', 'c2']);
  });

  test('the same step until it is answered', () => {
    const session = sessionOf(two());
    expect(session.next()).toBe(session.next());
    expect(() => session.complete('2', {})).toThrow('is not the invocation');
    session.complete('1', { prompt: 'x' });
    expect(() => session.complete('1', {})).toThrow('is not the invocation');
  });

  test('with the substitutions of its item in place of literals', () => {
    const values = [
      { node_path: 'a', field_name: 'a', value: 5 },
      { node_path: 'b', field_name: 'b', value: 7 },
    ];
    const graph = graphOf({ a: { type: 'add', a: 1, b: 2 }, b: { type: 'add', b: 9 } }, 'a.value > b.a');
    const session = sessionOf(graph, values);
    const step = session.next();
    expect(step.kind === 'invocation' && step.invocation.node).toEqual({
      id: 'a',
      type: 'add',
      is_intermediate: false,
      use_cache: true,
      a: 5,
      b: 2,
    });
    expect(runSession(session, run).inputs).toEqual({ a: { a: 5, b: 2 }, b: { a: 7, b: 7 } });
    expect(() => sessionOf(graph, [{ node_path: 'a', field_name: 'zz', value: 1 }])).toThrow('no field "a.zz"');
    expect(() => sessionOf(graph, [{ node_path: 'zz', field_name: 'a', value: 1 }])).toThrow('no field "zz.a"');
  });
});

describe('a session that does not end well', () => {
  test('fails fast and keeps the results of what ran', () => {
    const graph = graphOf({ a: { type: 'integer' }, b: { type: 'integer' }, c: { type: 'integer' } });
    const session = sessionOf(graph);
    const trace = runSession(session, (invocation) => {
      if (invocation.id === 'b') throw new Error('ValueError: no');
      return run(invocation);
    });
    expect(trace).toMatchObject({ order: ['a', 'b'], end: 'failed' });
    expect([...session.results.keys()]).toEqual(['a']);
    expect([...session.errors]).toEqual([['b', 'ValueError: no']]);
    expect([session.isComplete, session.resultCount]).toEqual([false, 1]);
  });

  test('names what is blocked when nothing is ready', () => {
    const add = { type: 'add' };
    const pinned = pinnedOf(graphOf({ a: { type: 'integer' }, b: add, c: add }, 'a.value > b.a', 'b.value > c.a'));
    // No valid graph can stall: this one is made circular behind the validation's back.
    const edges = [
      ...pinned.edges,
      { source: { node_id: 'c', field: 'value' }, destination: { node_id: 'b', field: 'b' } },
    ];
    const session = new Session({ ...pinned, edges }, [], TEST_CATALOGUE);
    expect(runSession(session, run)).toMatchObject({ order: ['a'], end: 'stalled' });
    expect(session.next()).toEqual({ kind: 'stalled', blocked: ['b', 'c'] });
  });

  test('cannot be made of a type that the catalogue lacks, or of an edge that leads nowhere', () => {
    const pinned = pinnedOf(graphOf({ a: { type: 'integer' } }));
    expect(() => new Session(pinned, [], catalogueOf())).toThrow('has no node type "integer"');
    const edges = [{ source: { node_id: 'x', field: 'value' }, destination: { node_id: 'a', field: 'value' } }];
    expect(() => new Session({ ...pinned, edges }, [], TEST_CATALOGUE)).toThrow('leads nowhere');
  });
});
