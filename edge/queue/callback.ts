/**
 * What one callback entry does to one item. @pure: decides from the item's state alone; `callbacks.ts` reads the
 * state before and writes it after. A repeated or late entry changes nothing (rules R5, R6).
 */
import {
  ERROR_MESSAGE_LENGTH_MAX,
  OUTPUT_BYTES_MAX,
  SESSION_OUTPUT_BYTES_MAX,
  TRACEBACK_LENGTH_MAX,
} from '../../contract/limits.ts';
import type { ItemError } from '../../contract/queue/item.ts';
import { isFinal, nextStatus, type Status, type Transition } from '../../contract/queue/status.ts';
import type { CallbackAnswer, CallbackEntry } from '../../contract/runner/callbacks.ts';

/** The part of an item's row that callbacks read and change. */
export interface ItemState {
  item_id: number;
  batch_no: number;
  backlog_no: number;
  batch_index: number | null;
  user_id: string;
  status: Status;
  status_sequence: number;
  fence: number;
  token: string | null;
  runner_no: number | null;
  /** When its latest lease was granted. */
  leased_at: number | null;
  /** Device seconds that its user was charged for the lease, and those reported under it; NULL without a lease. */
  charge: number | null;
  seconds: number | null;
  /** When this run of the session is over its limit. */
  run_until: number | null;
  starts: number;
  charged: number;
  losses: number;
  results: number;
  result_bytes: number;
  running: string | null;
  device: string | null;
  started_at: number | null;
  completed_at: number | null;
  updated_at: number | null;
  error: ItemError | null;
}

export interface RecordedInvocation {
  invocation_id: string;
  ordinal: number;
  result: string | null;
  error: string | null;
  started_at: number;
  completed_at: number;
  seconds: number;
  cached: boolean;
}

export interface Decision {
  answer: CallbackAnswer;
  detail?: string;
  /** The item afterwards; absent when nothing changes. */
  item?: ItemState;
  transition?: Transition;
  event?: { kind: 'started' | 'complete' | 'error'; invocation_id: string };
  record?: RecordedInvocation;
  /** The entry's report is kept with the item; nothing of the item itself changes. */
  keepsReport?: true;
}

export interface Situation {
  now: number;
  runner_no: number;
  /** Whether this invocation of the item is recorded already. */
  isRecorded: (invocation_id: string) => boolean;
  /** Whether this lease's report is kept already. */
  isReported: () => boolean;
  /** Whether the item's graph has the node that the invocation is a copy of. */
  isKnown: (invocation_id: string) => boolean;
  /** How long the queue lets one run of this item's session take; null: as long as it likes. */
  runSeconds: () => number | null;
}

const unchanged = (answer: CallbackAnswer, detail?: string): Decision => ({ answer, ...(detail ? { detail } : {}) });

/** Moves an item by the status table; the caller has checked that the table allows it. */
export function moved(item: ItemState, transition: Transition, now: number): ItemState {
  const status = nextStatus(item.status, transition);
  if (!status) throw new Error(`${transition} is not allowed from ${item.status}`);
  const final = isFinal(status);
  return {
    ...item,
    status,
    status_sequence: item.status_sequence + 1,
    updated_at: now,
    completed_at: final ? now : null,
    ...(status === 'in_progress' ? {} : { runner_no: null, running: null, run_until: null }),
  };
}

export function decide(item: ItemState | null, entry: CallbackEntry, situation: Situation): Decision {
  if (!item) return unchanged('gone', 'The item was deleted.');
  if (item.fence !== entry.fence || item.token !== entry.token)
    return unchanged('stale', `The item’s latest lease is number ${item.fence}.`);
  if (isFinal(item.status)) return afterTheEnd(item, entry, situation);
  if (item.runner_no !== situation.runner_no) return unchanged('stale', 'The lease ended.');
  switch (entry.kind) {
    case 'session_report':
      return reported(situation);
    case 'session_started':
      return started(item, entry.device, situation);
    case 'session_released':
    case 'session_stopped':
      return released(item, situation);
    case 'session_failed':
      // Before the start too: a session that cannot even be prepared must not come back for ever.
      return entry.results > item.results ? unchanged('premature') : failed(item, entry.error, situation);
  }
  if (item.status !== 'in_progress') return unchanged('premature', 'The session has not been reported as started.');
  switch (entry.kind) {
    case 'invocation_started':
      return invocationStarted(item, entry.invocation_id, situation);
    case 'invocation_complete':
    case 'invocation_error':
      return invocationEnded(item, entry, situation);
    case 'session_complete':
      if (entry.results > item.results) return unchanged('premature', `${item.results} results are recorded.`);
      return { answer: 'recorded', item: moved(item, 'complete', situation.now), transition: 'complete' };
  }
}

/** The lease is the latest one and the item is final: what this lease itself reported comes again, or comes late. */
function afterTheEnd(item: ItemState, entry: CallbackEntry, situation: Situation): Decision {
  switch (entry.kind) {
    case 'session_complete':
      return unchanged(item.status === 'completed' ? 'repeated' : 'gone');
    case 'session_failed':
      return unchanged(item.status === 'failed' ? 'repeated' : 'gone');
    case 'session_report':
      return reported(situation);
    case 'session_started':
    case 'session_stopped':
      return unchanged('repeated');
    case 'session_released':
      return unchanged('gone');
    default:
      return unchanged(situation.isRecorded(entry.invocation_id) ? 'repeated' : 'gone');
  }
}

/** A run reports before its last entry, and so most often after the error or the cancel that ended its item. */
const reported = ({ isReported }: Situation): Decision =>
  isReported() ? unchanged('repeated') : { answer: 'recorded', keepsReport: true };

function started(item: ItemState, device: string, { now, runSeconds }: Situation): Decision {
  if (item.status !== 'pending') return unchanged('repeated');
  const limit = runSeconds();
  return {
    answer: 'recorded',
    transition: 'start',
    item: {
      ...moved(item, 'start', now),
      device,
      started_at: item.started_at ?? now,
      run_until: limit === null ? null : now + Math.round(limit * 1_000),
      starts: item.starts + 1,
      charged: item.charged + 1,
      losses: 0,
    },
  };
}

/** A start that its runner gives back is not charged: the item is not to blame. */
function released(item: ItemState, { now }: Situation): Decision {
  if (item.status === 'pending') return { answer: 'recorded', item: { ...item, runner_no: null } };
  const next = moved(item, 'requeue', now);
  return { answer: 'recorded', transition: 'requeue', item: { ...next, charged: Math.max(0, item.charged - 1) } };
}

function failed(item: ItemState, error: ItemError, { now }: Situation): Decision {
  return { answer: 'recorded', transition: 'fail', item: { ...moved(item, 'fail', now), error: shortened(error) } };
}

/** However long a node's message is, its failure must be recorded. */
const shortened = ({ error_type, error_message, error_traceback }: ItemError): ItemError => ({
  error_type,
  error_message: cut(error_message, ERROR_MESSAGE_LENGTH_MAX),
  error_traceback: error_traceback ? cut(error_traceback, TRACEBACK_LENGTH_MAX) : null,
});

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

function invocationStarted(item: ItemState, invocation_id: string, { isRecorded, isKnown }: Situation): Decision {
  if (isRecorded(invocation_id) || item.running === invocation_id) return unchanged('repeated');
  if (!isKnown(invocation_id)) return unchanged('invalid', `The graph has no node of "${invocation_id}".`);
  return { answer: 'recorded', item: { ...item, running: invocation_id }, event: { kind: 'started', invocation_id } };
}

type InvocationEnd = Extract<CallbackEntry, { kind: 'invocation_complete' | 'invocation_error' }>;

function invocationEnded(item: ItemState, entry: InvocationEnd, situation: Situation): Decision {
  const { invocation_id } = entry;
  if (situation.isRecorded(invocation_id)) return unchanged('repeated');
  if (!situation.isKnown(invocation_id)) return unchanged('invalid', `The graph has no node of "${invocation_id}".`);
  const complete = entry.kind === 'invocation_complete';
  const text = JSON.stringify(complete ? entry.result : shortened(entry.error));
  if (complete && text.length > OUTPUT_BYTES_MAX)
    return unchanged(
      'invalid',
      `The outputs are ${text.length} bytes of JSON, ${OUTPUT_BYTES_MAX} are allowed; store them as an asset.`,
    );
  if (complete && item.result_bytes + text.length > SESSION_OUTPUT_BYTES_MAX)
    return unchanged('invalid', `The session’s outputs would exceed ${SESSION_OUTPUT_BYTES_MAX} bytes.`);
  const record: RecordedInvocation = {
    invocation_id,
    ordinal: item.results,
    result: complete ? text : null,
    error: complete ? null : text,
    started_at: Date.parse(entry.started_at),
    completed_at: Date.parse(entry.completed_at),
    seconds: entry.seconds,
    cached: complete && entry.cached,
  };
  const recorded: ItemState = {
    ...item,
    running: null,
    charged: 0,
    seconds: (item.seconds ?? 0) + entry.seconds,
    results: item.results + 1,
    result_bytes: item.result_bytes + text.length,
  };
  if (complete) return { answer: 'recorded', item: recorded, record, event: { kind: 'complete', invocation_id } };
  // Fail-fast: the error is the session's end, in the same transaction, so nothing can come between them.
  const { item: ended, transition } = failed(recorded, entry.error, situation) as Required<Decision>;
  return { answer: 'recorded', item: ended, transition, record, event: { kind: 'error', invocation_id } };
}
