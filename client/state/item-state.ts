/** The items of the viewer: when one is known, and what a status does to it. @pure */
import type { ItemError, ItemIdentity, ItemSummary } from '../../contract/queue/item.ts';
import { isFinal, type Status } from '../../contract/queue/status.ts';
import { isFinished, opened } from './gallery.ts';
import { runningCanceled, withoutRunning } from './node-state.ts';
import type { ItemState } from './queue-state.ts';
import { aborted, keepAndRead, settled } from './reads.ts';
import { NO_RECENT } from './recent-map.ts';
import { mayFollow } from './status-order.ts';
import type { Turn } from './turn.ts';

type Identity = Pick<ItemIdentity, 'item_id' | 'batch_id' | 'session_id' | 'origin' | 'destination'>;

/** What a status event and a row of a list say alike. */
type StatusNews = Identity &
  Pick<
    ItemSummary,
    | 'status'
    | 'status_sequence'
    | 'device'
    | 'created_at'
    | 'started_at'
    | 'completed_at'
    | 'error_type'
    | 'error_message'
    | 'error_traceback'
  >;

/**
 * The item, which begins to be known if it was not; null when it is finished and forgotten, so that this news of it is
 * old. One that is heard of in its middle runs, by what is said of it.
 */
export function knownItem(turn: Turn, identity: Identity): ItemState | null {
  const { item_id, batch_id, session_id, origin, destination } = identity;
  const known = turn.item(item_id);
  if (known) return known;
  if (isFinished(turn.state.gallery, item_id) || !Number.isSafeInteger(item_id)) return null;
  turn.gallery((gallery) => opened(gallery, item_id));
  return {
    ...{ item_id, batch_id, session_id, origin, destination, is_child: null },
    ...{ status: 'in_progress', status_sequence: -1, device: null, error: null },
    ...{ created_at: null, started_at: null, completed_at: null },
    ...{ nodes: new Map(), running: new Map(), ended: NO_RECENT, last_sequence: 0, settled_sequence: 0 },
    ...{ whole: false, doubtful: false, reading: null, reads: 0 },
  };
}

/** A status event. One that is first heard of by its first change of status was watched from its start. */
export function statusChanged(turn: Turn, news: StatusNews, sequence: number): void {
  const isKnown = turn.item(news.item_id) !== undefined;
  const item = knownItem(turn, news);
  if (item === null) return;
  const isEnqueued = news.status_sequence === 0;
  const now = isKnown ? item : { ...item, whole: news.status_sequence <= 1, is_child: isEnqueued ? true : null };
  const heard = { ...now, last_sequence: Math.max(now.last_sequence, sequence) };
  if (accepts(heard, news)) changeStatus(turn, described(heard, news), news.status, news.status_sequence, sequence);
}

/** A row of a list: true when it was read. Nothing is recorded of a session that never started. */
export function rowRead(turn: Turn, row: ItemSummary): void {
  const isKnown = turn.item(row.item_id) !== undefined;
  const item = knownItem(turn, row);
  if (item === null) return;
  const is_child = row.parent_item_id !== null;
  // A row may be ahead of the events, and what those would have told may never come.
  const keptUp = isKnown && item.whole && !accepts(item, row);
  const whole = keptUp || (row.started_at === null && row.attempts === 0);
  const now = { ...item, is_child, whole, doubtful: false };
  if (accepts(now, row)) changeStatus(turn, described(now, row), row.status, row.status_sequence, 0);
  else keepAndRead(turn, now);
}

const accepts = (item: ItemState, news: { status: Status; status_sequence: number }): boolean =>
  news.status_sequence > item.status_sequence && mayFollow(item.status, news.status);

const described = (item: ItemState, news: StatusNews): ItemState => ({
  ...item,
  device: news.device,
  error: errorOf(news),
  created_at: news.created_at,
  started_at: news.started_at,
  completed_at: news.completed_at,
});

function errorOf({ error_type, error_message, error_traceback }: StatusNews): ItemError | null {
  return error_type === null ? null : { error_type, error_message: error_message ?? '', error_traceback };
}

/** `sequence`: of the event that said so; 0 when it was read. */
export function changeStatus(
  turn: Turn,
  item: ItemState,
  status: Status,
  status_sequence: number,
  sequence: number,
): void {
  // Between two that do not follow each other at once the session was put back, unseen.
  const wasPutBack = status === 'pending' || (item.status_sequence >= 0 && status_sequence > item.status_sequence + 1);
  let next: ItemState = { ...item, status, status_sequence, doubtful: false, reads: 0 };
  next = aborted(turn, next);
  if (isFinal(status)) {
    // A session completes when all of its invocations have ended: the end of those was not heard.
    if (status === 'completed' && next.running.size > 0) next = { ...next, whole: false };
    next = settled(turn, runningCanceled(next));
  } else if (wasPutBack) {
    next = withoutRunning(next, sequence === 0 ? next.last_sequence : sequence);
  }
  turn.tell({ type: 'stale', item_ids: [item.item_id] });
  if (isFinal(status)) turn.tell({ type: 'ended', item_id: item.item_id, origin: item.origin, status });
  keepAndRead(turn, next);
}
