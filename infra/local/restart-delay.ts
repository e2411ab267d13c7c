/** How long a process that died unasked stays down. @pure */

const FIRST_MS = 100;
const LONGEST_MS = 10_000;

/** A process that ran for so long did not fail at starting: it begins anew. */
const HEALTHY_MS = 30_000;

/** Doubles with each failure in a row. */
export function restartDelayMs(failuresBefore: number, ranMs: number): { delay: number; failures: number } {
  const failures = ranMs >= HEALTHY_MS ? 1 : failuresBefore + 1;
  return { delay: Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20)), failures };
}
