/** What becomes of the items of a device child that died. @pure */
import type { EntryBody } from '../device/entry.ts';
import type { Held } from './holdings.ts';

/** So often may a session kill its device on this runner, with no new result between, before it is its own fault. */
export const CRASHES_MAX = 2;

/** How often an item was worked on when its device died, and how many results it had then. */
export interface CrashCount {
  crashes: number;
  results: number;
}

/** A new result since the last crash means progress: the count starts again. */
export const nextCrashCount = (before: CrashCount | undefined, results: number): CrashCount => ({
  crashes: before && results <= before.results ? before.crashes + 1 : 1,
  results,
});

type Before = Pick<Held, 'canceled' | 'results'>;

/** The last entry of the item that was worked on. */
export function lastEntry(held: Before, cause: { deliberate: boolean; reason: string }, count: CrashCount): EntryBody {
  if (held.canceled) return { kind: 'session_stopped' };
  if (cause.deliberate || count.crashes < CRASHES_MAX) return { kind: 'session_released', reason: cause.reason };
  const error_message = `The device process died ${count.crashes} times in a row while it ran this session (${cause.reason}).`;
  return { kind: 'session_failed', results: held.results, error: { error_type: 'ProcessorError', error_message } };
}
