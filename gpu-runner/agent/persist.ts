/** Makes a call again while it may still pass: for reads that a node waits for, through an edge that restarts. */
import { backoffMs } from './backoff.ts';
import { type Clock, pause } from './clock.ts';
import { retryAfterMs, verdictOf } from './edge-error.ts';

/** About forty seconds: an edge that is away for longer has lost this runner's leases anyway. */
export const TRIES_MAX = 12;

export async function persist<Value>(
  call: () => Promise<Value>,
  { clock, ending }: { clock: Clock; ending: AbortSignal },
): Promise<Value> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (ending.aborted || attempt + 1 >= TRIES_MAX || verdictOf(error) !== 'retry') throw error;
      await pause(clock, backoffMs(attempt, clock.random(), retryAfterMs(error)), ending);
    }
  }
}
