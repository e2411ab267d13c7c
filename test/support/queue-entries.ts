/** What a runner reports of a session, entry by entry. */
import type { CallbackEntry } from '../../contract/runner/callbacks.ts';
import type { Lease } from '../../contract/runner/claim.ts';

/** The entries of a session whose only node is `n`. */
export function entries({ item_id, fence, token }: Lease) {
  const lease = { item_id, fence, token };
  const at = new Date(1_000_000).toISOString();
  const done = { invocation_id: 'n', started_at: at, completed_at: at, seconds: 0.001 };
  const stats = {
    graph_stats: { execution_time_seconds: 0.001, wall_time_seconds: 0.002 },
    node_stats: [{ node_type: 'integer', num_calls: 1, time_used_seconds: 0.001 }],
  };
  const error = { error_type: 'ValueError', error_message: 'bad', error_traceback: null };
  return {
    started: { ...lease, kind: 'session_started', device: 'cpu' },
    running: { ...lease, kind: 'invocation_started', invocation_id: 'n', at },
    result: {
      ...lease,
      ...done,
      kind: 'invocation_complete',
      result: { type: 'integer_output', value: 1 },
      cached: false,
    },
    error: { ...lease, ...done, kind: 'invocation_error', error },
    report: { ...lease, kind: 'session_report', report: { stats, log: [{ at, level: 'info', message: 'hello' }] } },
    complete: { ...lease, kind: 'session_complete', results: 1 },
    failed: { ...lease, kind: 'session_failed', results: 0, error },
    released: { ...lease, kind: 'session_released', reason: 'drained' },
    stopped: { ...lease, kind: 'session_stopped' },
  } as const satisfies Record<string, CallbackEntry>;
}
