/**
 * What somebody sees of an item who neither owns it nor administers the queue: that it is there, how far it is, and
 * when. One table for the full item, its summary, the snapshot and the events, whatever part of it each shows. @pure
 */
import type { BatchStatus, QueueStatus } from '../../contract/queue/queue.ts';
import { redactedSession } from '../../graph/session/view.ts';

const REDACTED = 'redacted';

/** By the name of a field: what stands there instead. What is not named stays. */
const HIDDEN: Readonly<Record<string, (shown: never) => unknown>> = {
  ...Object.fromEntries(['user_id', 'batch_id', 'session_id'].map((name) => [name, () => REDACTED])),
  ...Object.fromEntries(
    [
      'origin',
      'destination',
      'error_type',
      'error_message',
      'error_traceback',
      'start_after',
      'deadline',
      'retried_from_item_id',
      'workflow_call_id',
      'parent_item_id',
      'parent_session_id',
      'root_item_id',
      'workflow_call_depth',
      'workflow',
    ].map((name) => [name, () => null]),
  ),
  priority: () => 0,
  attempts: () => 0,
  field_values: () => [],
  session: redactedSession,
  queue_status: (status: QueueStatus) => ({
    ...status,
    item_id: null,
    session_id: null,
    batch_id: null,
    user_pending: null,
    user_in_progress: null,
  }),
  batch_status: (status: BatchStatus) => ({ ...status, batch_id: REDACTED, origin: null, destination: null }),
};

/** A copy without what only owner and admins see; `whole` stays as it is. */
export function redact<Shown extends object>(whole: Shown): Shown {
  const shown = { ...whole } as Record<string, unknown>;
  for (const [name, value] of Object.entries(shown)) {
    const hide = Object.hasOwn(HIDDEN, name) ? HIDDEN[name] : undefined;
    if (hide) shown[name] = hide(value as never);
  }
  return shown as Shown;
}
