/** What came and went unseen, and where a mirror that is made for the first time begins. */
import { PAGE_SIZE_MAX } from '../../contract/limits.ts';
import type { ItemSummary } from '../../contract/queue/item.ts';
import { isFinal, STATUS_NAMES, type Status } from '../../contract/queue/status.ts';
import { ProblemError } from '../errors.ts';
import type { Gallery } from '../state/gallery.ts';
import type { Input } from '../state/input.ts';
import { rangesOf } from '../state/number-ranges.ts';
import type { MirrorCalls } from './mirror-calls.ts';

/** Items that are gone through together: a long absence must not fill memory with their rows. */
const ITEMS_AT_ONCE = 100;

/** Items whose outputs are read side by side; their results come in the order of the items all the same. */
const SIDE_BY_SIDE = 4;

type OutputsRead = Extract<Input, { type: 'outputs_read' }>;

/** Makes a call as long as somebody wants to know. */
export type Ask = <Answer>(call: (signal: AbortSignal) => Promise<Answer>) => Promise<Answer>;

export interface CatchUp {
  calls: MirrorCalls;
  ask: Ask;
  user_id: string;
  /** Whether all results of the item have stood in the gallery. */
  isFinished(item_id: number): boolean;
  deliver(read: OutputsRead): void;
}

/**
 * Reads the outputs of own items past `after` that ended and are not finished with, and delivers them item by item, the
 * oldest first. What was delivered is finished, so doing it again goes on where it stopped. Returns the item up to which
 * all have ended and were looked for.
 */
export async function catchUp(parts: CatchUp, after: number): Promise<number> {
  const through = await endedThrough(parts);
  const ids = await endedItems(parts, after);
  for (let first = 0; first < ids.length; first += ITEMS_AT_ONCE) {
    const asked = ids.slice(first, first + ITEMS_AT_ONCE);
    const items = await parts.ask((signal) => parts.calls.summaries(asked, signal));
    for (let at = 0; at < items.length; at += SIDE_BY_SIDE) {
      const reads = items.slice(at, at + SIDE_BY_SIDE).map((item) => outputsOf(parts, item));
      for (const read of await Promise.all(reads)) if (read) parts.deliver(read);
    }
  }
  return through;
}

/**
 * Where a gallery begins that has never shown anything: what ended before it is nothing new to it, also where it ended
 * past an item that still waits.
 */
export async function beginning(
  parts: Pick<CatchUp, 'calls' | 'ask' | 'user_id'>,
): Promise<Pick<Gallery, 'floor' | 'finished'>> {
  const floor = await endedThrough(parts);
  const ended = await endedItems({ ...parts, isFinished: () => false }, floor);
  return { floor, finished: rangesOf(ended) };
}

/** Ids, oldest first. */
async function endedItems(
  { calls, ask, user_id, isFinished }: Omit<CatchUp, 'deliver'>,
  after: number,
): Promise<number[]> {
  const found: number[] = [];
  for (const status of STATUS_NAMES.filter(isFinal)) {
    const query = { user_id, status, order_dir: 'DESC', limit: PAGE_SIZE_MAX } as const;
    let cursor: string | undefined;
    let oldest = Number.POSITIVE_INFINITY;
    do {
      const page = await ask((signal) => calls.list({ ...query, cursor }, signal));
      for (const { item_id } of page.items) if (item_id > after && !isFinished(item_id)) found.push(item_id);
      oldest = page.items.at(-1)?.item_id ?? oldest;
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined && oldest > after);
  }
  return found.sort((one, other) => one - other);
}

/** Null when the item is not there any more. */
async function outputsOf({ calls, ask }: CatchUp, item: ItemSummary): Promise<OutputsRead | null> {
  const outputs: OutputsRead['outputs'][number][] = [];
  let cursor: string | undefined;
  do {
    const page = await ask((signal) => calls.outputs(item.item_id, cursor, signal)).catch((error: unknown) => {
      if (error instanceof ProblemError && error.code === 'not_found') return null;
      throw error;
    });
    if (page === null) return null;
    outputs.push(...page.outputs);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return { type: 'outputs_read', item, outputs };
}

/** `pending` once more at the end: a session that is given back, or goes on after its children, returns to it. */
const UNFINISHED: readonly Status[] = [...STATUS_NAMES.filter((status) => !isFinal(status)), 'pending'];

/** The last item before the first own one that has not ended; the newest of all when each has. 0: there is none. */
export async function endedThrough({
  calls,
  ask,
  user_id,
}: Pick<CatchUp, 'calls' | 'ask' | 'user_id'>): Promise<number> {
  const newest = await ask((signal) => calls.list({ order_dir: 'DESC', limit: 1 }, signal));
  let through = newest.items[0]?.item_id ?? 0;
  for (const status of UNFINISHED) {
    let cursor: string | undefined;
    do {
      // A page of a long queue may be empty, and not the last.
      const query = { user_id, status, order_dir: 'ASC', limit: 1, cursor } as const;
      const page = await ask((signal) => calls.list(query, signal));
      const [oldest] = page.items;
      if (oldest) through = Math.min(through, oldest.item_id - 1);
      cursor = oldest ? undefined : (page.next_cursor ?? undefined);
    } while (cursor !== undefined);
  }
  return through;
}
