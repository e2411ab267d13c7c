/** Runs of many seeds, and how a failure is told. */
import { Simulation } from './simulation.ts';
import { INVARIANTS, Violation } from './violation.ts';

export const DEFAULT_SEEDS: readonly number[] = [1, 2, 3, 4];
export const DEFAULT_STEPS = 10_000;

export interface Run {
  seed: number;
  steps: number;
  hash: string;
  failure: { invariant: string; report: string } | null;
}

export async function runSeed(seed: number, steps: number): Promise<Run> {
  const simulation = await Simulation.open(seed);
  const { trace } = simulation;
  let failure: Run['failure'] = null;
  try {
    simulation.run(steps);
  } catch (error) {
    const violation =
      error instanceof Violation ? error : new Violation('no-defect', (error as Error).stack ?? String(error));
    const report = [
      violation.message,
      `it holds that ${INVARIANTS[violation.invariant]}`,
      `seed ${seed}, step ${trace.steps}; again: npm run sim -- --seed ${seed} --steps ${steps}`,
      'the last actions:',
      ...trace.last.map((line) => `  ${line}`),
    ].join('\n');
    failure = { invariant: violation.invariant, report };
  } finally {
    simulation.close();
  }
  return { seed, steps: trace.steps, hash: trace.hash, failure };
}
