import { describe, expect, test } from 'vitest';
import type { RecordedResult } from '../../contract/runner/claim.ts';
import { graphOf, sessionOf } from '../testing/graph-builder.ts';
import { catalogueOf, nodeType } from '../testing/node-types.ts';
import { runNode as run, runSession } from '../testing/run-session.ts';
import { ReplayError, type Session } from './session.ts';

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

  test('refuses what comes after a fault', () => {
    const broken = graphOf(
      { a: { type: 'any', value: 1 }, it: { type: 'iterate' }, w: { type: 'add' } },
      'a.value > it.collection',
    );
    const session = sessionOf(broken);
    expect(() =>
      session.restore([
        { invocation_id: 'a', result: { type: 'any_output', value: 1 } },
        { invocation_id: 'w', result: { type: 'add_output', value: 0 } },
      ]),
    ).toThrow(
      new ReplayError(
        '"w" was recorded, but the session ends before: Node it has invalid incoming input for collection: it is the number 1, and a list is needed.',
      ),
    );
  });

  test('is restored before its first step', () => {
    const session = sessionOf(graph());
    session.next();
    expect(() => session.restore([])).toThrow('before the first step');
  });
});
