/**
 * Reconciliation: an item of which something may be unknown is read as it was recorded. A read belongs to its item in the
 * status that it has: another status, the end of the connection or of the item ends it, and what it brings then is
 * dropped. It never changes a status. @pure
 */
import type { InvocationRecord } from '../../contract/queue/item.ts';
import { isFinal } from '../../contract/queue/status.ts';
import { finished } from './gallery.ts';
import type { Input } from './input.ts';
import { sourceOf, withOutput } from './node-state.ts';
import { INVOCATIONS_PER_ITEM_MAX, type ItemState, type Reading, type RecordedNode } from './queue-state.ts';
import { NO_RECENT, recentValue, withRecent } from './recent-map.ts';
import { reconciled } from './reconciled.ts';
import { tellFailure, tellResult } from './results.ts';
import { isShown } from './shown-result.ts';
import type { Turn } from './turn.ts';

/** Reads of an item in one status and on one connection: what failed so often fails again. */
export const READS_MAX = 3;

/** Keeps the item, and begins to read it where that is due. */
export function keepAndRead(turn: Turn, item: ItemState): void {
  const { live, next_read: read } = turn.state;
  const isDue = live && !item.whole && !item.doubtful && item.reading === null && item.reads < READS_MAX;
  if (!isDue) {
    turn.keep(item);
    return;
  }
  turn.set({ next_read: read + 1 });
  turn.tell({ type: 'read_session', item_id: item.item_id, read });
  turn.keep({ ...item, reads: item.reads + 1, reading: { read, nodes: new Map(), ended: NO_RECENT } });
}

/** The item without its read. */
export function aborted(turn: Turn, item: ItemState): ItemState {
  if (item.reading === null) return item;
  turn.tell({ type: 'abort_read', read: item.reading.read });
  return { ...item, reading: null };
}

/** What is final and whole needs no invocations any more, and is finished. */
export function settled(turn: Turn, item: ItemState): ItemState {
  if (!item.whole || !isFinal(item.status)) return item;
  turn.gallery((gallery) => finished(gallery, [[item.item_id, item.item_id]]));
  return {
    ...item,
    ended: NO_RECENT,
    settled_sequence: Math.max(item.settled_sequence, item.last_sequence),
    doubtful: false,
  };
}

export function sessionRead(turn: Turn, input: Extract<Input, { type: 'session_read' }>): void {
  const item = turn.item(input.item_id);
  if (!item?.reading || item.reading.read !== input.read) return;
  if (input.status !== item.status) {
    const without = input.last ? { ...item, reading: null } : aborted(turn, item);
    // One whose final status is known was asked too early; any other's next status is on its way.
    if (isFinal(item.status)) keepAndRead(turn, without);
    else turn.keep(without);
    return;
  }
  const reading = withRecords(item, item.reading, input.records);
  for (const record of input.records) tellRecord(turn, item, record);
  if (input.last) {
    const now = settled(turn, reconciled(item, reading));
    turn.keep(now.whole ? now : { ...now, reads: READS_MAX });
  } else turn.keep({ ...item, reading });
}

export function readFailed(turn: Turn, { item_id, read }: Extract<Input, { type: 'read_failed' }>): void {
  const item = turn.item(item_id);
  if (item?.reading?.read === read) keepAndRead(turn, { ...item, reading: null });
}

function tellRecord(turn: Turn, { item_id, origin }: ItemState, record: InvocationRecord): void {
  const { invocation_id, type, result, error } = record;
  if (error !== null) tellFailure(turn, { item_id, invocation_id, origin, error }, null);
  else if (result !== null && isShown(record)) tellResult(turn, { item_id, invocation_id, type, result }, null);
}

function withRecords(item: ItemState, before: Reading, records: readonly InvocationRecord[]): Reading {
  const nodes = new Map(before.nodes);
  let ended = before.ended;
  for (const { invocation_id, type, status, result, error } of records) {
    if (recentValue(ended, invocation_id) !== undefined) continue;
    ended = withRecent(ended, invocation_id, status, item.last_sequence, INVOCATIONS_PER_ITEM_MAX);
    const node_id = sourceOf(invocation_id);
    const node: RecordedNode = nodes.get(node_id) ?? {
      ...{ node_id, type, completed: 0, failed: 0, outputs: [], error: null, failed_invocation_id: null },
    };
    nodes.set(node_id, {
      ...node,
      completed: node.completed + (status === 'completed' ? 1 : 0),
      failed: node.failed + (status === 'failed' ? 1 : 0),
      outputs: result === null ? node.outputs : withOutput(node.outputs, { invocation_id, result }),
      error: error ?? node.error,
      failed_invocation_id: error === null ? node.failed_invocation_id : invocation_id,
    });
  }
  return { ...before, nodes, ended };
}
