/**
 * What a transaction changed, as structured log lines: one a change of status, so that a log says of every item what
 * became of it. Transactions that move more than a few items are the hot path (a runner posts hundreds at once, a cancel
 * ends a hundred thousand): they have one line with counts, and the event log has the rest. @pure
 */
import { timestamp } from '../../contract/names.ts';
import { STATUS_NAMES, type Status } from '../../contract/queue/status.ts';
import type { Fact, LogRow } from './fact.ts';

/** Changes of status that one transaction logs one by one. */
export const LINES_MAX = 20;

/** What the lines say of a batch; its rows may be gone. */
export interface LoggedBatch {
  batch_id: string;
  user_id: string;
  enqueued: number;
  traceparent: string | null;
}

export interface LogContext {
  queue_id: string;
  batch: (batch_no: number) => LoggedBatch | null;
}

type StatusFact = Extract<Fact, ['status', ...unknown[]]>;
type Line = Record<string, unknown>;

/** JSON, one object a line. Invocations and what clients alone care about are left to the event log. */
export function logLines(row: LogRow, { queue_id, batch }: LogContext): string[] {
  const about = (batch_no: number): Line => {
    const found = batch(batch_no);
    if (!found) return {};
    const trace_id = found.traceparent?.split('-')[1];
    return { batch_id: found.batch_id, user_id: found.user_id, ...(trace_id ? { trace_id } : {}) };
  };
  const line = (message: string, rest: Line, level: 'info' | 'warn' = 'info'): string =>
    JSON.stringify({ time: timestamp(row.at), level, message, queue_id, ...rest });
  const moved = row.body.facts.filter((fact) => fact[0] === 'status');
  const lines = moved.length > LINES_MAX ? [line('items changed', summaryOf(moved))] : [];
  for (const fact of row.body.facts)
    switch (fact[0]) {
      case 'status': {
        const [, item_id, batch_no, status, status_sequence, device] = fact;
        if (moved.length > LINES_MAX) break;
        const what = { item_id, status, status_sequence, device, ...about(batch_no) };
        lines.push(line(`item ${status}`, what, status === 'failed' ? 'warn' : 'info'));
        break;
      }
      case 'batch':
        lines.push(line('batch enqueued', { items: batch(fact[1])?.enqueued, ...about(fact[1]) }));
        break;
      case 'canceled':
      case 'pruned':
        lines.push(line(`items ${fact[0]}`, { ...rangeOf(fact[1]), ...onlyOf(fact[1], about) }));
        break;
      case 'retried':
        for (const [batch_no, item_id, new_item_id] of fact[1].slice(0, LINES_MAX))
          lines.push(line('item retried', { item_id, new_item_id, ...about(batch_no) }));
        if (fact[1].length > LINES_MAX) lines.push(line('items retried', { items: fact[1].length }));
        break;
      case 'lease_expired':
        if (moved.length > LINES_MAX) break;
        lines.push(
          line('lease expired', { item_id: fact[1], fence: fact[3], runner_no: fact[4], ...about(fact[2]) }, 'warn'),
        );
        break;
      case 'moved':
        lines.push(line('item moved', { item_id: fact[1], priority: fact[3], ...about(fact[2]) }));
        break;
      case 'cleared':
        lines.push(line('queue cleared', { user_id: fact[1] }));
        break;
      case 'paused':
      case 'resumed':
        lines.push(line(`queue ${fact[0]}`, {}));
        break;
      case 'runner_connected':
        lines.push(line('runner connected', { runner_id: fact[2].runner_id }));
        break;
      case 'runner_lost':
        lines.push(
          line(
            'runner lost',
            { runner_id: fact[3].runner_id, reason: fact[2] },
            fact[2] === 'silent' ? 'warn' : 'info',
          ),
        );
        break;
    }
  return lines;
}

function summaryOf(facts: readonly StatusFact[]): Line {
  const statuses: Partial<Record<Status, number>> = {};
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const [, item_id, , status] of facts) {
    statuses[status] = (statuses[status] ?? 0) + 1;
    first = Math.min(first, item_id);
    last = Math.max(last, item_id);
  }
  const counted = STATUS_NAMES.flatMap((status) => (statuses[status] ? [[status, statuses[status]]] : []));
  return { statuses: Object.fromEntries(counted), first_item_id: first, last_item_id: last };
}

type Ranges = readonly [batch_no: number, first_item_id: number, last_item_id: number][];

function rangeOf(ranges: Ranges): Line {
  return {
    items: ranges.reduce((sum, [, first, last]) => sum + last - first + 1, 0),
    first_item_id: ranges.reduce((least, [, first]) => Math.min(least, first), Number.MAX_SAFE_INTEGER),
    last_item_id: ranges.reduce((most, [, , last]) => Math.max(most, last), 0),
  };
}

/** What there is to say of their batch, when all are of one. */
const onlyOf = (ranges: Ranges, about: (batch_no: number) => Line): Line => {
  const [batch_no] = ranges[0] ?? [];
  return batch_no !== undefined && ranges.every(([other]) => other === batch_no) ? about(batch_no) : {};
};
