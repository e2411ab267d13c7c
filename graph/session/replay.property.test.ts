/** A session is a function of its graph and its recorded results (D1): whoever goes on, and wherever it was left. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RecordedResult } from '../../contract/runner/claim.ts';
import { oracleRun } from '../testing/oracle.ts';
import { invocationId, TooLarge } from '../testing/oracle-moment.ts';
import { RANDOM_CATALOGUE, type RandomSession, randomSession, runRandom } from '../testing/random-session.ts';
import { runSession, type Trace } from '../testing/run-session.ts';
import { recordsOf, snapshotOf } from '../testing/snapshot.ts';
import { ReplayError, Session } from './session.ts';

const sessionOf = ({ graph, values }: RandomSession) => new Session(graph, values, RANDOM_CATALOGUE);

/** Through JSON, as everything comes that another runner gets. */
function restored(random: RandomSession, records: readonly RecordedResult[]): Session {
  const stored = JSON.parse(JSON.stringify({ random, records }));
  const session = sessionOf(stored.random);
  session.restore(stored.records);
  return session;
}

/** What the oracle says of a graph; graphs that are too much for it are left out. */
function expected({ graph, values }: RandomSession) {
  try {
    return oracleRun(graph, values, RANDOM_CATALOGUE, runRandom);
  } catch (error) {
    fc.pre(!(error instanceof TooLarge));
    throw error;
  }
}

/** One session to its end, and what was to be seen of it before each step. */
function watched(random: RandomSession) {
  const session = sessionOf(random);
  const seen = [snapshotOf(session)];
  for (let step = session.next(); step.kind === 'invocation'; step = session.next()) {
    session.complete(step.invocation.id, runRandom(step.invocation));
    seen.push(snapshotOf(session));
  }
  return { session, seen, records: recordsOf(session) };
}

const fresh = ({ order }: Trace) => order.filter((id) => !id.endsWith('!'));
const again = ({ order }: Trace) => order.filter((id) => id.endsWith('!')).map((id) => id.slice(0, -1));

describe('a session of a random graph', () => {
  test('[X55] [F87] is the same at every step when it is replayed from its records', () => {
    fc.assert(
      fc.property(randomSession, (random) => {
        expected(random);
        const { seen, records } = watched(random);
        seen.forEach((snapshot, count) => {
          expect(snapshotOf(restored(random, records.slice(0, count)))).toEqual(snapshot);
        });
      }),
      { numRuns: 120 },
    );
  });

  test('[X55] does exactly the rest when it goes on, and recomputes only live values that something still needs', () => {
    fc.assert(
      fc.property(randomSession, fc.nat(1_000), (random, pick) => {
        const oracle = expected(random);
        const { seen, records } = watched(random);
        // Every prefix of a small session, and one in several of a larger one.
        const stride = Math.ceil(records.length / 12);
        for (let count = pick % Math.max(1, stride); count <= records.length; count += Math.max(1, stride)) {
          const session = restored(random, records.slice(0, count));
          const trace = runSession(session, runRandom);
          expect(trace.end).toBe(oracle.end);
          expect(fresh(trace)).toEqual(oracle.order.slice(count));
          expect(again(trace).sort()).toEqual(oracle.recomputed(count));
          for (const [id, inputs] of Object.entries(trace.inputs))
            expect([id, inputs]).toEqual([id, oracle.inputs[id.replace('!', '')]]);
          expect(snapshotOf(session)).toEqual(seen.at(-1));
        }
      }),
      { numRuns: 150 },
    );
  });

  test('gives the same when it is interrupted again and again, each time by another runner', () => {
    fc.assert(
      fc.property(randomSession, fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 20 }), (random, pauses) => {
        expected(random);
        const { seen, records } = watched(random);
        let kept: RecordedResult[] = [];
        for (const pause of [...pauses, Number.POSITIVE_INFINITY]) {
          const session = restored(random, kept);
          runSession(session, runRandom, pause);
          kept = recordsOf(session);
          if (pause === Number.POSITIVE_INFINITY) expect(snapshotOf(session)).toEqual(seen.at(-1));
        }
        expect(kept).toEqual(records);
      }),
      { numRuns: 100 },
    );
  });

  test('comes to the same, whatever the order in which ready invocations end', () => {
    fc.assert(
      fc.property(randomSession, fc.array(fc.nat(), { minLength: 8, maxLength: 40 }), (random, picks) => {
        expected(random);
        const { seen, records } = watched(random);
        const { history: _, resultOrder, ...last } = seen.at(-1)!;
        const results = new Map(records.map((record) => [record.invocation_id, record]));
        const session = sessionOf(random);
        for (let count = 0; session.ready().length > 0; count++) {
          const ready = session.ready();
          session.restore([results.get(ready[picks[count % picks.length]! % ready.length]!)!]);
        }
        const { history, resultOrder: order, ...ended } = snapshotOf(session);
        expect(ended).toEqual(last);
        expect([...history].sort()).toEqual(last.executed);
        expect([...order].sort()).toEqual([...resultOrder].sort());
      }),
      { numRuns: 300 },
    );
  });

  test('runs again what failed, when its results are given to another session', () => {
    fc.assert(
      fc.property(randomSession, fc.nat(1_000), (random, pick) => {
        const { order } = expected(random);
        fc.pre(order.length > 0);
        const at = pick % order.length;
        const session = sessionOf(random);
        runSession(session, (invocation) => {
          if (invocation.id === order[at]) throw new Error('out of memory');
          return runRandom(invocation);
        });
        expect(session.next()).toEqual({ kind: 'failed', invocation_id: order[at], message: 'out of memory' });
        const trace = runSession(restored(random, recordsOf(session)), runRandom);
        expect([fresh(trace), trace.end]).toEqual([order.slice(at), 'complete']);
      }),
      { numRuns: 100 },
    );
  });
});

describe('records that no session of this graph gave', () => {
  /** Refused as such, or good enough to go on with; never another error and never without end. */
  const triedWith = (random: RandomSession, records: readonly RecordedResult[]): string => {
    let session: Session;
    try {
      session = restored(random, records);
    } catch (error) {
      expect(error).toBeInstanceOf(ReplayError);
      expect((error as Error).message).not.toBe('');
      return 'refused';
    }
    let steps = 0;
    const { end } = runSession(session, (invocation) => {
      if (++steps > 2_000) throw new Error('endless');
      return runRandom(invocation);
    });
    expect([...session.errors.values()]).not.toContain('endless');
    return end;
  };

  test('those of another graph are refused, or are no worse than a node that returned them', () => {
    fc.assert(
      fc.property(randomSession, randomSession, (one, other) => {
        expected(one);
        expected(other);
        expect(['refused', 'complete', 'failed']).toContain(triedWith(other, watched(one).records));
      }),
      { numRuns: 200 },
    );
  });

  test('one twice, one left out before what needs it, an unknown one, control nodes and skipped ones: all refused', () => {
    fc.assert(
      fc.property(randomSession, fc.nat(1_000), (random, pick) => {
        const { order, moments } = expected(random);
        const { records, session } = watched(random);
        const at = pick % Math.max(1, order.length);
        const before = records.slice(0, at);
        const result = { type: 'alpha_output', value: 1 };
        const not = [
          ...order.slice(0, at),
          ...moments[at]!.skipped(),
          ...session.derived().keys(),
          ...order.slice(at).filter((id) => !moments[at]!.ready().some((copy) => invocationId(copy) === id)),
          'n0#99',
          'n0#0,0,0,0,0,0,0',
          'n0#',
          '#0',
          '__proto__',
        ];
        for (const invocation_id of not)
          expect([invocation_id, triedWith(random, [...before, { invocation_id, result }])]).toEqual([
            invocation_id,
            'refused',
          ]);
      }),
      { numRuns: 60 },
    );
  });

  test('results in the wrong form end in an error of a node, or well', () => {
    const garbage = fc.constantFrom<unknown>(null, 0, 'x', true, [], [null], [[[]]], {});
    fc.assert(
      fc.property(randomSession, garbage, fc.nat(1_000), (random, bad, pick) => {
        expected(random);
        const { records } = watched(random);
        fc.pre(records.length > 0);
        const spoilt = records.slice(0, (pick % records.length) + 1);
        const { invocation_id, result } = spoilt.at(-1)!;
        const type = String(result.type);
        const forms = [{ type }, { type, value: bad, flag: bad, list: bad, lists: bad, live: bad, lives: bad }];
        for (const form of forms)
          expect(['refused', 'complete', 'failed']).toContain(
            triedWith(random, [...spoilt.slice(0, -1), { invocation_id, result: form }]),
          );
      }),
      { numRuns: 150 },
    );
  });
});
