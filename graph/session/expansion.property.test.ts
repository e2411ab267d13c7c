/** The engine against the oracle of graph/testing: two implementations of one meaning, on random graphs. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { oracleRun } from '../testing/oracle.ts';
import { invocationId, type Moment, type Output, TooLarge } from '../testing/oracle-moment.ts';
import { RANDOM_CATALOGUE, type RandomSession, randomSession, runRandom } from '../testing/random-session.ts';
import type { Run } from '../testing/run-session.ts';
import { preparedOf, withoutLive } from '../testing/snapshot.ts';
import { Session } from './session.ts';

const sessionOf = ({ graph, values }: RandomSession) => new Session(graph, values, RANDOM_CATALOGUE);

/** What the oracle says of a graph; graphs that are too much for it are left out. */
function expected({ graph, values }: RandomSession, run: Run = runRandom) {
  try {
    return oracleRun(graph, values, RANDOM_CATALOGUE, run);
  } catch (error) {
    fc.pre(!(error instanceof TooLarge));
    throw error;
  }
}

/** Copies of all nodes or of control nodes, each with what `of` says of it. */
function copiesOf(moment: Moment, ids: readonly string[]): [string, Output][] {
  return ids
    .flatMap((id) => moment.copies(id))
    .flatMap((copy) => {
      const output = moment.output(copy);
      return output === undefined ? [] : [[invocationId(copy), output] as [string, Output]];
    });
}

/** One invocation after another, with what the session executed by each step. */
function observed(session: Session, run: Run) {
  const trace = { order: [] as string[], inputs: {} as Record<string, unknown>, executed: [[...session.history]] };
  for (let step = session.next(); step.kind === 'invocation'; step = session.next()) {
    const { id, inputs } = step.invocation;
    const known = session.history.length;
    trace.order.push(id);
    trace.inputs[id] = inputs;
    session.complete(id, run(step.invocation));
    trace.executed.push(session.history.slice(known));
  }
  return { ...trace, end: session.next().kind };
}

describe('sessions of random graphs', () => {
  test('have the invocations, the inputs and the results that the definitions give', () => {
    fc.assert(
      fc.property(randomSession, (random) => {
        const oracle = expected(random);
        const session = sessionOf(random);
        const trace = observed(session, runRandom);
        const last = oracle.moments.at(-1)!;
        const ids = (control: boolean) =>
          random.graph.nodes.map(({ id }) => id).filter((id) => (last.shape.kind(id) !== 'ordinary') === control);
        expect(trace.end).toBe(oracle.end);
        expect(trace.inputs).toEqual(oracle.inputs);
        expect(Object.keys(trace.inputs).length).toBe(trace.order.length);
        expect([...session.skipped].sort()).toEqual([...last.skipped()].sort());
        expect(withoutLive(Object.fromEntries(session.derived()))).toEqual(
          withoutLive(Object.fromEntries(copiesOf(last, ids(true)))),
        );
        expect(withoutLive(Object.fromEntries(session.results))).toEqual(
          withoutLive(
            Object.fromEntries(
              copiesOf(last, ids(false)).map(([id, output]) => [
                id,
                { ...output, type: session.results.get(id)?.type },
              ]),
            ),
          ),
        );
        expect(preparedOf(session)).toEqual(
          Object.fromEntries(
            random.graph.nodes
              .map(({ id }) => [id, last.copies(id).map(invocationId)] as const)
              .filter(([, copies]) => copies.length > 0),
          ),
        );
      }),
      { numRuns: 400 },
    );
  });

  test('[X58] [X59] run in the declared order, each invocation once, and execute what each step executes', () => {
    fc.assert(
      fc.property(randomSession, (random) => {
        const oracle = expected(random);
        const session = sessionOf(random);
        const trace = observed(session, runRandom);
        expect(trace.order).toEqual(oracle.order);
        expect([...session.results.keys()]).toEqual(oracle.order);
        expect(trace.executed.map((step) => [...step].sort())).toEqual(oracle.executed.map((step) => [...step].sort()));
        expect([...session.executed].sort()).toEqual([...session.history].sort());
      }),
      { numRuns: 400 },
    );
  });

  test('have prepared, skipped and made ready before each step what the definitions say', () => {
    fc.assert(
      fc.property(randomSession, (random) => {
        const oracle = expected(random);
        const session = sessionOf(random);
        for (const moment of oracle.moments) {
          expect([...session.ready()].sort()).toEqual(moment.ready().map(invocationId).sort());
          expect([...session.skipped].sort()).toEqual([...moment.skipped()].sort());
          for (const { id } of random.graph.nodes)
            expect([id, preparedOf(session)[id] ?? []]).toEqual([id, moment.copies(id).map(invocationId)]);
          const step = session.next();
          if (step.kind === 'invocation') session.complete(step.invocation.id, runRandom(step.invocation));
        }
        expect(session.next().kind).toBe(oracle.end);
      }),
      { numRuns: 200 },
    );
  });

  test('fail fast at the invocation that fails, and keep what ran before it', () => {
    fc.assert(
      fc.property(randomSession, fc.nat(1_000), (random, pick) => {
        const whole = expected(random);
        fc.pre(whole.order.length > 0);
        const at = pick % whole.order.length;
        const session = sessionOf(random);
        for (const id of whole.order.slice(0, at)) {
          const step = session.next();
          expect(step).toMatchObject({ kind: 'invocation', invocation: { id } });
          if (step.kind === 'invocation') session.complete(id, runRandom(step.invocation));
        }
        const bad = whole.order[at]!;
        expect(session.next()).toMatchObject({ kind: 'invocation', invocation: { id: bad } });
        session.fail(bad, 'ValueError: no');
        const failed = { kind: 'failed', invocation_id: bad, message: 'ValueError: no' };
        expect([session.next(), session.next()]).toEqual([failed, failed]);
        expect([...session.results.keys()]).toEqual(whole.order.slice(0, at));
        expect([session.isComplete, [...session.errors]]).toEqual([false, [[bad, 'ValueError: no']]]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('sessions in which a control node gets what it cannot take', () => {
  /** Like runRandom, but for some invocations without lists and with flags that are none. */
  const spoiling =
    (every: number): Run =>
    (invocation) => {
      const output = runRandom(invocation);
      if (Number(output.value) % every > 0) return output;
      return { ...output, list: null, lists: 'none', lives: null, flag: Number(output.value) };
    };

  test('fail there, after the same invocations', () => {
    fc.assert(
      fc.property(randomSession, fc.integer({ min: 2, max: 9 }), (random, every) => {
        const run = spoiling(every);
        const oracle = expected(random, run);
        const session = sessionOf(random);
        const trace = observed(session, run);
        expect([trace.order, trace.end]).toEqual([oracle.order, oracle.end]);
        const step = session.next();
        if (step.kind === 'input_error') expect(oracle.failedAt).toContain(step.invocation_id);
      }),
      { numRuns: 300 },
    );
  });
});

const GARBAGE: unknown[] = [undefined, null, 0, -1.5, Number.NaN, true, '', 'x', [], [null], [[[]]], {}, { a: [] }];

describe('sessions of nodes that return garbage', () => {
  test('end, in an error that is named or well, and never in a throw', () => {
    fc.assert(
      fc.property(
        randomSession,
        fc.array(
          fc.tuple(fc.constantFrom('value', 'flag', 'list', 'lists', 'live', 'lives'), fc.constantFrom(...GARBAGE)),
        ),
        fc.nat(3),
        (random, garbage, often) => {
          expected(random);
          const session = sessionOf(random);
          let runs = 0;
          const end = () => {
            for (; runs < 2_000; runs++) {
              const step = session.next();
              if (step.kind === 'input_error') {
                expect(step.message).toContain(step.field);
                session.fail(step.invocation_id, step.message);
              } else if (step.kind === 'invocation') {
                const output = runRandom(step.invocation);
                const [field, value] = garbage[runs % Math.max(1, garbage.length)] ?? [];
                if (field !== undefined && runs % (often + 1) === 0) output[field] = value;
                session.complete(step.invocation.id, output);
              } else return step.kind;
            }
            return 'endless';
          };
          expect(['complete', 'failed']).toContain(end());
        },
      ),
      { numRuns: 300 },
    );
  });
});
