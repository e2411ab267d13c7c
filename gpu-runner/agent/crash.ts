/** What becomes of the items of a device child that died. @pure */
import type { ItemError } from '../../contract/queue/item.ts';
import type { EntryBody } from '../device/entry.ts';
import type { Held } from './holdings.ts';
import { failure, type SeenNode } from './last-words.ts';

/** So often may a session kill its device on this runner, with no new result between, before it is its own fault. */
export const CRASHES_MAX = 2;

/** Why a device's process ended. */
export interface LossCause {
  /** The agent itself ended it, for another reason than what runs. */
  deliberate: boolean;
  reason: string;
  /** What its session fails with once it is its own fault. */
  error_type?: 'ProcessorError' | 'MemoryLimitError';
  /** What to look at. */
  advice?: string;
}

/** How often an item was worked on alone when its device died, and how many results it had then. */
export interface CrashCount {
  crashes: number;
  results: number;
}

/** A new result since the last crash means progress: the count starts again. */
export const nextCrashCount = (before: CrashCount | undefined, results: number): CrashCount => ({
  crashes: before && results <= before.results ? before.crashes + 1 : 1,
  results,
});

/**
 * innocent  the agent ended the process, or the item had ended there: it goes back and nothing is held against it.
 * suspect   it was one of several: it goes back, and runs alone the next time.
 * guilty    it was alone, for the so manieth time.
 */
export type Blame = { blame: 'innocent' } | { blame: 'suspect'; among: number } | { blame: 'guilty'; crashes: number };

type Before = Pick<Held, 'canceled' | 'results' | 'started'>;

/** The last entries of an item that was worked on. */
export function lastEntries(
  held: Before,
  cause: LossCause,
  blame: Blame,
  at: { node: SeenNode | null; device: string; now: number },
): EntryBody[] {
  if (held.canceled) return [{ kind: 'session_stopped' }];
  if (blame.blame === 'guilty' && blame.crashes >= CRASHES_MAX)
    return failure(held, { ...at, error: crashError(cause, blame.crashes, at.node) });
  const among = blame.blame === 'suspect' ? `, with ${blame.among} sessions in it` : '';
  return [{ kind: 'session_released', reason: `${cause.reason}${among}`.slice(0, 256) }];
}

function crashError({ reason, error_type, advice }: LossCause, crashes: number, node: SeenNode | null): ItemError {
  const where = node ? `at the node "${node.invocation_id}" of this session` : 'when this session began';
  const error_message = `The device process ended ${crashes} times in a row ${where}: ${reason}.${advice ? ` ${advice}` : ''}`;
  return { error_type: error_type ?? 'ProcessorError', error_message };
}
