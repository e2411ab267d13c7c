/** The random graphs hold what they are for: a law that nothing was put to says nothing. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type OracleRun, oracleRun } from './oracle.ts';
import { TooLarge } from './oracle-moment.ts';
import { RANDOM_CATALOGUE, randomSession, runRandom } from './random-session.ts';

const last = (run: OracleRun) => run.moments.at(-1)!;
const some = (run: OracleRun, is: (id: string) => boolean) => last(run).shape.nodes.some(({ id }) => is(id));

test('of random sessions many have each thing that the engine may get wrong', () => {
  const runs = fc.sample(randomSession, { numRuns: 400, seed: 7 }).flatMap(({ graph, values }) => {
    try {
      return [oracleRun(graph, values, RANDOM_CATALOGUE, runRandom)];
    } catch (error) {
      if (error instanceof TooLarge) return [];
      throw error;
    }
  });
  const count = (has: (run: OracleRun) => boolean) => runs.filter(has).length;
  const shares = {
    run: runs.length,
    loops: count(({ order }) => order.some((id) => id.includes('#'))),
    deeper: count(({ order }) => order.some((id) => /,.*,/.test(id))),
    empty: count((run) =>
      some(run, (id) => run.moments[0]!.shape.kind(id) === 'iterate' && last(run).copies(id).length === 0),
    ),
    groups: count((run) =>
      some(run, (id) => last(run).shape.kind(id) === 'collect' && last(run).copies(id).length > 1),
    ),
    skipped: count((run) => last(run).skipped().length > 0),
    skippedLoops: count((run) =>
      some(run, (id) => last(run).shape.kind(id) === 'iterate' && last(run).shape.hold(id) !== undefined),
    ),
    someSkipped: count((run) =>
      some(run, (id) => {
        const skipped = last(run)
          .copies(id)
          .map((copy) => last(run).isSkipped(copy));
        return skipped.includes(true) && skipped.includes(false);
      }),
    ),
    recomputed: count(({ order, recomputed }) => order.some((_, at) => recomputed(at).length > 1)),
  };
  const floor = {
    run: 350,
    loops: 200,
    deeper: 60,
    empty: 60,
    groups: 60,
    skipped: 60,
    skippedLoops: 15,
    someSkipped: 2,
    recomputed: 200,
  };
  for (const [name, least] of Object.entries(floor))
    expect([name, shares[name as keyof typeof shares]]).toEqual([name, expect.toSatisfy((n: number) => n >= least)]);
});
