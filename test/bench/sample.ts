// From single timings to a measurement.
import type { Measurement } from './bench.ts';

/** The smallest sample that at least this share of the samples does not exceed (nearest rank). */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('a percentile needs a sample');
  return value;
}

/** A measurement whose value is the median: one slow run says more about the machine than about us. */
export function measured(samples: readonly number[]): Measurement {
  const p50 = percentile(samples, 0.5);
  return { value: p50, p50, p99: percentile(samples, 0.99), runs: samples.length };
}

/** Milliseconds that something takes, by the monotonic clock. */
export async function timed(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
