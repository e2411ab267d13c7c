/**
 * The state model of a queue, as one function: what was known, and what is told, give what is known now and what the shell
 * has to do. It derives from the one status table and is never surprised: what makes no sense changes nothing. @pure
 */
import type { QueueEvent } from '../../contract/event/registry.ts';
import { isFinal } from '../../contract/queue/status.ts';
import { connected, disconnected, itemsRead, live, passed, snapshotTaken } from './connection.ts';
import {
  batchCounts,
  batchEnqueued,
  batchRead,
  countsOfEvent,
  readCounts,
  readQueueCounts,
  statusRead,
} from './counts.ts';
import { caughtUp, EMPTY_GALLERY, finished, isFinished } from './gallery.ts';
import type { Effect, Input } from './input.ts';
import { invocationHeard } from './invocation-event.ts';
import { rowRead, statusChanged } from './item-state.ts';
import { itemsCanceled, itemsPruned, itemsRetried, queueCleared } from './many-items.ts';
import type { QueueState, Viewer } from './queue-state.ts';
import { aborted, readFailed, sessionRead } from './reads.ts';
import { tellResult } from './results.ts';
import { scopeOf } from './scope.ts';
import { isShown } from './shown-result.ts';
import { Turn } from './turn.ts';

export interface Step {
  state: QueueState;
  effects: readonly Effect[];
}

/** Never throws, and never changes what it is given. */
export function step(state: QueueState, input: Input): Step {
  const turn = new Turn(state);
  try {
    take(turn, input);
  } catch {
    // What came is not what the contract says: a service of another age, or something between. It tells nothing.
    return { state, effects: [] };
  }
  return { state: turn.state, effects: turn.effects };
}

function take(turn: Turn, input: Input): void {
  switch (input.type) {
    case 'viewer':
      viewerKnown(turn, input.viewer);
      break;
    case 'frame':
      frameTaken(turn, input.frame);
      break;
    case 'disconnected':
      disconnected(turn);
      break;
    case 'session_read':
      sessionRead(turn, input);
      break;
    case 'read_failed':
      readFailed(turn, input);
      break;
    case 'items_read':
      itemsRead(turn, input);
      break;
    case 'status_read':
      statusRead(turn, input.asked_at, input.status);
      break;
    case 'batch_read':
      batchRead(turn, input.batch_id, input.asked_at, input.status);
      break;
    case 'outputs_read':
      outputsRead(turn, input);
      break;
    case 'caught_up':
      turn.gallery((gallery) => caughtUp(gallery, input.through));
      break;
  }
}

/** What was known of another user is none of this one's. */
function viewerKnown(turn: Turn, viewer: Viewer): void {
  const before = turn.state.viewer;
  if (before?.user_id === viewer.user_id) return;
  turn.set({ viewer });
  if (before === null) return;
  for (const item of [...turn.state.items.values()]) {
    aborted(turn, item);
    turn.remove(item.item_id);
  }
  turn.set({ batches: new Map(), left: new Set(), counts: null, gallery: EMPTY_GALLERY });
  turn.tell({ type: 'stale', item_ids: 'all' });
  readCounts(turn);
}

function frameTaken(turn: Turn, frame: Extract<Input, { type: 'frame' }>['frame']): void {
  switch (frame.name) {
    case 'hello':
      connected(turn, frame);
      break;
    case 'snapshot':
      snapshotTaken(turn, frame);
      break;
    case 'live':
      passed(turn, frame.sequence);
      live(turn);
      break;
    default:
      eventTaken(turn, frame, frame.sequence ?? 0);
      if (frame.sequence !== undefined) passed(turn, frame.sequence);
  }
}

function eventTaken(turn: Turn, event: QueueEvent, sequence: number): void {
  switch (event.name) {
    case 'queue_item_status_changed': {
      const scope = scopeOf(turn.state.viewer, event.user_id);
      countsOfEvent(turn, event.queue_status, scope, sequence);
      if (scope === 'own') {
        batchCounts(turn, event.batch_status, sequence);
        statusChanged(turn, event, sequence);
      } else strangers(turn, event.item_id, 1);
      break;
    }
    case 'batch_enqueued':
      if (scopeOf(turn.state.viewer, event.user_id) === 'own') batchEnqueued(turn, event, sequence);
      else if (event.first_item_id !== null) strangers(turn, event.first_item_id, event.enqueued);
      break;
    case 'invocation_started':
    case 'invocation_progress':
    case 'invocation_complete':
    case 'invocation_error':
      invocationHeard(turn, event, sequence);
      break;
    case 'queue_items_canceled':
      itemsCanceled(turn, event, sequence);
      break;
    case 'queue_items_pruned':
      itemsPruned(turn, event);
      break;
    case 'queue_items_retried':
      itemsRetried(turn, event);
      break;
    case 'queue_cleared':
      queueCleared(turn, event, sequence);
      break;
    case 'queue_paused':
    case 'queue_resumed':
      if (sequence > turn.state.paused_sequence)
        turn.set({ paused: event.name === 'queue_paused', paused_sequence: sequence });
      break;
    case 'queue_item_moved':
      turn.tell({ type: 'stale', item_ids: [event.item_id] });
      break;
    // Runners, leases and models move no item; and a newer service may say what nobody knows here.
  }
}

/** Somebody else's items: nothing of theirs is ever this viewer's. Until the viewer is known that is not known either. */
function strangers(turn: Turn, first: number, count: number): void {
  turn.tell({ type: 'stale', item_ids: count === 1 ? [first] : 'all' });
  if (turn.state.viewer !== null && Number.isSafeInteger(first) && count > 0)
    turn.gallery((gallery) => finished(gallery, [[first, first + count - 1]]));
  if (count > 1) readQueueCounts(turn);
}

/** All that an ended item has to show. */
function outputsRead(turn: Turn, { item, outputs }: Extract<Input, { type: 'outputs_read' }>): void {
  const { item_id, origin, status } = item;
  if (scopeOf(turn.state.viewer, item.user_id) !== 'own' || !isFinal(status)) return;
  const isNews = !isFinished(turn.state.gallery, item_id);
  for (const { invocation_id, type, result } of outputs)
    if (isShown({ type, is_intermediate: false, result }))
      tellResult(turn, { item_id, invocation_id, type, result }, null);
  if (turn.item(item_id) === undefined) {
    turn.gallery((gallery) => finished(gallery, [[item_id, item_id]]));
    if (!turn.wasLeft(item_id) && isNews) turn.tell({ type: 'ended', item_id, origin, status });
  } else rowRead(turn, item);
}
