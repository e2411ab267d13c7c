// npm run sim: the queue in a simulated world, where everything goes wrong that can.
//
//   npm run sim                       the default seeds
//   npm run sim -- --seeds N          seeds 1 … N             --from S    beginning at S
//   npm run sim -- --seed S           one seed                --steps N   so many steps each
//   npm run sim -- --break NAME       with a deliberate fault in the queue (breakages.ts)
//
// It exits with 1 when an invariant did not hold, and prints which, with the seed and what happened last.
import { parseArgs } from 'node:util';
import { breakQueue } from './break.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string' },
    seed: { type: 'string' },
    steps: { type: 'string' },
    break: { type: 'string' },
  },
});

if (values.break !== undefined) breakQueue(values.break);
// Only now: what is broken is broken as it is loaded.
const { DEFAULT_SEEDS, DEFAULT_STEPS, runSeed } = await import('./campaign.ts');

const steps = Number(values.steps ?? DEFAULT_STEPS);
const from = Number(values.from ?? 1);
const seeds =
  values.seed !== undefined
    ? [Number(values.seed)]
    : values.seeds !== undefined
      ? Array.from({ length: Number(values.seeds) }, (_, index) => from + index)
      : DEFAULT_SEEDS;
let failed = 0;
for (const seed of seeds) {
  const before = performance.now();
  const { steps: done, hash, failure } = await runSeed(seed, steps);
  const rate = Math.round((done / (performance.now() - before)) * 1_000);
  console.log(
    `seed ${seed}: ${done} steps, ${rate} a second, trace ${hash}${failure ? `, FAILED ${failure.invariant}` : ''}`,
  );
  if (!failure) continue;
  failed += 1;
  console.log(failure.report);
  // A deliberate fault is to be found once.
  if (values.break !== undefined) break;
}
console.log(`${seeds.length} seeds, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
