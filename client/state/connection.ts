/** What the stream says of itself: where it begins, what it could not tell, and when it has told what was missed. @pure */
import type { StreamHello, StreamSnapshot } from '../../contract/event/stream.ts';
import { isFinal } from '../../contract/queue/status.ts';
import { batchCounts, readCounts } from './counts.ts';
import { EMPTY_GALLERY, renumbered } from './gallery.ts';
import type { Input } from './input.ts';
import { rowRead } from './item-state.ts';
import { itemsGone } from './many-items.ts';
import { withoutProgress } from './node-state.ts';
import { aborted, keepAndRead } from './reads.ts';
import { NO_RECENT } from './recent-map.ts';
import { scopeOf } from './scope.ts';
import type { Turn } from './turn.ts';

export function connected(turn: Turn, hello: StreamHello): void {
  disconnected(turn);
  turn.set({ connected: true });
  if (hello.mode !== 'current') return;
  passed(turn, hello.sequence);
  live(turn);
}

/** Answers of this connection are of no use to the next one, which may have missed something meanwhile. */
export function disconnected(turn: Turn): void {
  if (!turn.state.connected) return;
  turn.set({ connected: false, live: false });
  for (const item of turn.state.items.values()) {
    const now = withoutProgress({ ...aborted(turn, item), reads: 0 });
    if (now.reading !== item.reading || now.nodes !== item.nodes || item.reads !== 0) turn.keep(now);
  }
}

/** Everything that was missed has been told. */
export function live(turn: Turn): void {
  if (turn.state.live) return;
  turn.set({ live: true });
  const doubtful: number[] = [];
  for (const item of [...turn.state.items.values()])
    if (item.doubtful) doubtful.push(item.item_id);
    else if (!item.whole) keepAndRead(turn, item);
  if (doubtful.length > 0) turn.tell({ type: 'read_items', item_ids: doubtful });
  readCounts(turn);
}

/** What happened before it is unknown, beside what it says. Its numbers hold, also where they are smaller. */
export function snapshotTaken(turn: Turn, snapshot: StreamSnapshot): void {
  const { sequence, paused, queue_status, batch_status, items } = snapshot;
  const isAnew = turn.state.sequence !== null && sequence < turn.state.sequence;
  if (isAnew && !items.some((row) => turn.item(row.item_id)?.session_id === row.session_id)) forgotten(turn);
  turn.set({ sequence, paused, paused_sequence: sequence, counts: { value: queue_status, sequence } });
  if (isAnew) turn.gallery(renumbered);
  if (isAnew)
    turn.set({ batches: new Map([...turn.state.batches].map(([id, { value }]) => [id, { value, sequence: 0 }])) });
  if (batch_status !== null && turn.state.batches.has(batch_status.batch_id)) batchCounts(turn, batch_status, sequence);
  const listed = new Set(items.map((item) => item.item_id));
  for (const item of [...turn.state.items.values()]) {
    if (isFinal(item.status)) continue;
    // What ended by numbers of the last life is told apart by nothing, until it is read.
    const now = isAnew ? { ...item, ended: NO_RECENT, last_sequence: 0, settled_sequence: 0 } : item;
    turn.keep({ ...aborted(turn, now), whole: false, doubtful: !listed.has(item.item_id) });
  }
  for (const row of items) if (scopeOf(turn.state.viewer, row.user_id) === 'own') rowRead(turn, row);
  turn.tell({ type: 'stale', item_ids: 'all' });
  const { floor } = turn.state.gallery;
  if (floor !== null) turn.tell({ type: 'catch_up', after_item_id: floor });
}

/**
 * The queue was deleted and made anew, as far as anybody can tell: its items have the numbers of others. Were it the old
 * one, from a copy, then its results would be shown again, and none would be lost.
 */
function forgotten(turn: Turn): void {
  itemsGone(turn, [...turn.state.items.keys()]);
  turn.set({ batches: new Map(), left: new Set(), gallery: { ...EMPTY_GALLERY, floor: 0 } });
}

export function itemsRead(turn: Turn, { asked, items }: Extract<Input, { type: 'items_read' }>): void {
  const told = new Set(items.map((item) => item.item_id));
  for (const row of items) if (scopeOf(turn.state.viewer, row.user_id) === 'own') rowRead(turn, row);
  const gone = asked.filter((item_id) => !told.has(item_id) && turn.item(item_id) !== undefined);
  if (gone.length > 0) itemsGone(turn, gone);
}

/** Everything up to this number was heard of. */
export function passed(turn: Turn, sequence: number): void {
  if (turn.state.sequence === null || sequence > turn.state.sequence) turn.set({ sequence });
}
