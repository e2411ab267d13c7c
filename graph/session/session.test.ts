import { describe, expect, test } from 'vitest';
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import type { RecordedResult } from '../../contract/runner/claim.ts';
import { graphOf, pinnedOf } from '../testing/graph-builder.ts';
import { catalogueOf, nodeType, TEST_CATALOGUE } from '../testing/node-types.ts';
import { type Run, runSession } from '../testing/run-session.ts';
import { ReplayError, Session } from './session.ts';
import type { Invocation } from './step.ts';

const sessionOf = (graph: ReturnType<typeof graphOf>, values: NodeFieldValue[] = [], catalogue = TEST_CATALOGUE) =>
  new Session(pinnedOf(graph, catalogue), values, catalogue);

/** Every test node, in as few words as possible. */
const run: Run = ({ type, inputs, source_id }: Invocation) => {
  const { value, a, b, collection, start, stop } = inputs as Record<string, number> & { collection: unknown };
  switch (type) {
    case 'prompt':
      return { prompt: inputs.prompt };
    case 'text_to_image':
      return { image: { image_name: source_id } };
    case 'range':
      return { collection: Array.from({ length: Number(stop) - Number(start) }, (_, at) => Number(start) + at) };
    case 'add':
      return { value: Number(a) + Number(b) };
    case 'noise':
      return { noise: { shape: [1, 4, 8, 8], of: source_id }, width: inputs.width };
    case 'denoise':
      return { latents: { shape: [1, 4, 8, 8], from: inputs.noise } };
    case 'latents_to_image':
      return { image: { image_name: source_id } };
    default:
      return { value, collection };
  }
};

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

describe('hydration', () => {
  test('copies durable values: nodes share nothing', () => {
    const graph = graphOf(
      { l: { type: 'range', stop: 3 }, a: { type: 'integers' }, b: { type: 'integers' } },
      'l.collection > a.collection',
      'l.collection > b.collection',
    );
    const session = sessionOf(graph);
    const { inputs } = runSession(session, (invocation) => {
      const output = run(invocation);
      if (invocation.id === 'a') (invocation.inputs.collection as number[]).push(99);
      return output;
    });
    expect(inputs.b).toEqual({ collection: [0, 1, 2] });
    expect(session.results.get('l')?.collection).toEqual([0, 1, 2]);
  });

  test('copies literals: sessions of one graph share nothing', () => {
    const pinned = pinnedOf(graphOf({ a: { type: 'integers', collection: [1] } }));
    for (let item = 0; item < 2; item++) {
      const { inputs } = runSession(new Session(pinned, [], TEST_CATALOGUE), run);
      const collection = inputs.a?.collection as number[];
      collection.push(2);
      expect(collection).toEqual([1, 2]);
    }
  });

  test('hands live values on by reference', () => {
    const graph = graphOf({ n: { type: 'noise' }, d: { type: 'denoise' } }, 'n.noise > d.noise');
    const noise = { shape: [1, 4, 8, 8] };
    const { inputs } = runSession(sessionOf(graph), (invocation) =>
      invocation.id === 'n' ? { noise, width: 8 } : run(invocation),
    );
    expect(inputs.d?.noise).toBe(noise);
  });

  test('makes text of numbers, and 0 or 1 of booleans, where only that fits', () => {
    const graph = graphOf(
      {
        i: { type: 'integer', value: 7 },
        f: { type: 'float', value: 1.5 },
        b: { type: 'boolean', value: true },
        p: { type: 'prompt' },
        q: { type: 'prompt' },
        a: { type: 'add' },
      },
      'i.value > p.prompt',
      'f.value > q.prompt',
      'b.value > a.a',
    );
    const { inputs } = runSession(sessionOf(graph), run);
    expect([inputs.p, inputs.q, inputs.a]).toEqual([{ prompt: '7' }, { prompt: '1.5' }, { a: 1, b: 0 }]);
  });

  test('refuses what does not fit: a node error that names field and value', () => {
    const graph = graphOf({ i: { type: 'integer', value: 0 }, n: { type: 'noise' } }, 'i.value > n.width');
    const session = sessionOf(graph);
    runSession(session, run, 1);
    const step = session.next();
    expect(step).toEqual({
      kind: 'input_error',
      invocation_id: 'n',
      source_id: 'n',
      field: 'width',
      message: 'Node n has invalid incoming input for width: Give more than 0 here.',
    });
    expect(session.next()).toBe(step);
    session.fail('n', 'x');
    expect(session.next()).toEqual({ kind: 'failed', invocation_id: 'n', message: 'x' });
  });

  test('names the element of a list', () => {
    const graph = graphOf(
      { a: { type: 'any', value: [1, 2, 'x'] }, c: { type: 'integers' } },
      'a.value > c.collection',
    );
    const session = sessionOf(graph);
    runSession(session, run, 1);
    expect(session.next()).toMatchObject({ kind: 'input_error', field: 'collection[2]' });
  });

  test('refuses an edge that brought nothing, unless nothing is allowed', () => {
    const catalogue = catalogueOf(
      nodeType('maybe', {}, { value: 'string|null' }),
      nodeType('needs', { value: { type: 'string' } }, {}),
      nodeType('takes', { value: { type: 'string|null' } }, {}),
      nodeType('has', { value: { type: 'string', schema: { default: 'fallback' } } }, {}),
    );
    const after = (type: string) => {
      const graph = graphOf({ m: { type: 'maybe' }, n: { type } }, 'm.value > n.value');
      const session = sessionOf(graph, [], catalogue);
      runSession(session, () => ({ value: null }), 1);
      const step = session.next();
      return step.kind === 'invocation' ? step.invocation.inputs : step.kind;
    };
    expect([after('needs'), after('takes'), after('has')]).toEqual([
      'input_error',
      { value: null },
      { value: 'fallback' },
    ]);
  });

  test('of a value without end is a node error, not an endless copy', () => {
    const endless: unknown[] = [];
    endless.push(endless);
    const graph = graphOf({ a: { type: 'any', value: 1 }, b: { type: 'any' } }, 'a.value > b.value');
    const session = sessionOf(graph);
    runSession(session, () => ({ value: endless }), 1);
    expect(session.next()).toMatchObject({ kind: 'input_error', field: 'value' });
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

describe('a restored session', () => {
  const graph = () =>
    graphOf(
      {
        n: { type: 'noise', seed: 1 },
        d: { type: 'denoise' },
        d2: { type: 'denoise' },
        i: { type: 'latents_to_image' },
        w: { type: 'add' },
      },
      'n.noise > d.noise',
      'n.noise > d2.noise',
      'd.latents > d2.latents',
      'd2.latents > i.latents',
      'n.width > w.a',
    );
  const recordsOf = (session: Session): RecordedResult[] =>
    JSON.parse(JSON.stringify([...session.results].map(([invocation_id, result]) => ({ invocation_id, result }))));
  const resumedAfter = (count: number) => {
    const first = sessionOf(graph());
    runSession(first, run, count);
    const second = sessionOf(graph());
    second.restore(recordsOf(first));
    return second;
  };

  test('marks what was recorded as done, and carries on', () => {
    expect(runSession(sessionOf(graph()), run).order).toEqual(['n', 'd', 'd2', 'w', 'i']);
    const session = resumedAfter(1);
    expect([session.history, session.resultCount, [...session.executed]]).toEqual([['n'], 1, ['n']]);
    expect(session.results.get('n')).toEqual({
      type: 'noise_output',
      noise: { ephemeral: 'latents', shape: [1, 4, 8, 8] },
      width: 512,
    });
  });

  test('recomputes the live values that something still needs, in order, and counts them no second time', () => {
    const session = resumedAfter(3);
    const trace = runSession(session, run);
    expect(trace.order).toEqual(['w', 'n!', 'd!', 'd2!', 'i']);
    expect(trace.inputs['d2!']?.latents).toEqual({ shape: [1, 4, 8, 8], from: trace.inputs['d!']?.noise });
    expect([session.history, session.resultCount]).toEqual([['n', 'd', 'd2', 'w', 'i'], 5]);
  });

  test('recomputes nothing for durable values, and nothing when nothing is left', () => {
    expect(runSession(resumedAfter(5), run)).toMatchObject({ order: [], end: 'complete' });
    const session = sessionOf(graphOf({ n: { type: 'noise' }, w: { type: 'add' } }, 'n.width > w.a'));
    session.restore([
      { invocation_id: 'n', result: { type: 'noise_output', noise: { ephemeral: 'latents' }, width: 64 } },
    ]);
    expect(runSession(session, run)).toMatchObject({ order: ['w'], inputs: { w: { a: 64 } } });
  });

  test('takes a recorded null for the value itself', () => {
    const catalogue = catalogueOf(
      nodeType('source', {}, { latents: 'latents|null' }),
      nodeType('sink', { latents: { type: 'latents|null' } }, {}),
    );
    const session = sessionOf(
      graphOf({ a: { type: 'source' }, b: { type: 'sink' } }, 'a.latents > b.latents'),
      [],
      catalogue,
    );
    session.restore([{ invocation_id: 'a', result: { type: 'source_output', latents: null } }]);
    expect(runSession(session, () => ({}))).toMatchObject({ order: ['b'], inputs: { b: { latents: null } } });
  });

  test('answers the recorded output for a recomputed invocation, not the new one', () => {
    const session = resumedAfter(1);
    const step = session.next();
    expect(step).toMatchObject({ kind: 'invocation', invocation: { id: 'n', recompute: true } });
    expect(session.complete('n', { noise: { shape: [9] }, width: 9 })).toMatchObject({ width: 512 });
    expect(runSession(session, run).inputs.w).toEqual({ a: 512, b: 0 });
  });

  test('fails when a recomputation fails', () => {
    const session = resumedAfter(3);
    const { order, end } = runSession(session, (invocation) => {
      if (invocation.recompute) throw new Error('out of memory');
      return run(invocation);
    });
    expect([order, end]).toEqual([['w', 'n!'], 'failed']);
  });

  test.each<[string, string[]]>([
    ['an unknown invocation', ['x']],
    ['one twice', ['n', 'n']],
    ['one before what it waits for', ['d']],
  ])('refuses %s', (_, ids) => {
    const records = ids.map((invocation_id) => ({ invocation_id, result: { type: 'noise_output', width: 1 } }));
    expect(() => sessionOf(graph()).restore(records)).toThrow(ReplayError);
  });

  test('is restored before its first step', () => {
    const session = sessionOf(graph());
    session.next();
    expect(() => session.restore([])).toThrow('before the first step');
  });
});
