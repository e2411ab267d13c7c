/** The last entries of an item whose device can say nothing more: it hangs, or it is gone. @pure */
import { timestamp } from '../../contract/names.ts';
import type { ItemError } from '../../contract/queue/item.ts';
import type { EntryBody } from '../device/entry.ts';
import type { Held } from './holdings.ts';

/** The node that a session was seen at. */
export interface SeenNode {
  invocation_id: string;
  /** Milliseconds since 1970; null when nobody knows. */
  since: number | null;
}

/**
 * Fails the item on the node that it was at. The queue ends it with the node's error, and then the session's is only a
 * repetition; where that node has its result already, since the session was about to leave it, the session's stands.
 */
export function failure(
  held: Pick<Held, 'started' | 'results'>,
  { node, error, device, now }: { node: SeenNode | null; error: ItemError; device: string; now: number },
): EntryBody[] {
  const since = node?.since ?? now;
  return [
    // The device may have had no time to say so.
    ...(held.started ? [] : [{ kind: 'session_started' as const, device }]),
    ...(node === null
      ? []
      : [
          {
            kind: 'invocation_error' as const,
            invocation_id: node.invocation_id,
            started_at: timestamp(since),
            completed_at: timestamp(now),
            seconds: Math.max(0, now - since) / 1_000,
            error,
          },
        ]),
    { kind: 'session_failed', results: held.results, error },
  ];
}
