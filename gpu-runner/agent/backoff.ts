/** How long to wait before a failed call is made again. @pure */

/** The first wait is at most this long, each further one at most twice the last. */
export const BACKOFF_BASE_MS = 100;

/** Well below a runner's time-out, so that an edge that was away for a moment finds its runners alive. */
export const BACKOFF_MAX_MS = 5_000;

/**
 * Half of the wait is certain and half is chance: runners that lost one edge together do not come back together, and
 * none of them spins. `attempt` counts from 0; never shorter than what the edge asked for.
 */
export function backoffMs(attempt: number, random: number, retryAfterMs = 0): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** Math.min(attempt, 30));
  return Math.max(retryAfterMs, Math.round(ceiling / 2 + (random * ceiling) / 2));
}
