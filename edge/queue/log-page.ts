/** The log in pages: how a stream is sent what it missed, a bounded piece at a time (D4). */
import type { LogBody, LogRow } from './fact.ts';
import { lastSequence } from './log.ts';
import { concerns, type Filter, type NumberedFact } from './render.ts';
import type { QueueContext } from './turn.ts';

/** Events of one page, and characters of the rows that they stand in: what one page may cost in memory and time. */
const PAGE_EVENTS = 1_000;
const PAGE_CHARACTERS = 512 * 1024;
/** Rows that are looked at to find where a page ends. */
const PAGE_ROWS = 200;

export interface LogPage {
  /** Those that concern the filter. */
  facts: NumberedFact[];
  /** The last event of the page, whether it concerns the filter or not. */
  through: number;
}

type Head = Pick<LogRow, 'sequence' | 'count'> & { total_length: number };

/** The events after `after`; null when the log no longer has all of them. There must be some. */
export function logPage(source: QueueContext, after: number, filter: Filter): LogPage | null {
  const { sql } = source;
  const heads = sql.all<Head>(
    'SELECT sequence, count, total_length FROM log WHERE sequence > ? ORDER BY sequence LIMIT ?',
    after,
    PAGE_ROWS,
  );
  const first = heads[0];
  if (!first || first.sequence - first.count > after) return null;
  const last = lastOfPage(heads, after);
  const end = Math.min(last, after + PAGE_EVENTS);
  const rows = sql
    .all<Omit<LogRow, 'body'> & { body: string }>(
      'SELECT sequence, count, at, body FROM log WHERE sequence > ? AND sequence <= ? ORDER BY sequence',
      after,
      last,
    )
    .map((row): LogRow => ({ ...row, body: JSON.parse(row.body) as LogBody }));
  const facts: NumberedFact[] = [];
  for (const row of rows) {
    const before = row.sequence - row.count;
    const shown = row.body.facts.slice(Math.max(0, after - before), Math.max(0, end - before));
    const number = Math.max(before, after) + 1;
    for (const [index, fact] of shown.entries())
      if (concerns(source, fact, filter)) facts.push({ row, fact, sequence: number + index });
  }
  return { facts, through: end };
}

/** The row that the page ends in: one at least, and as many more as its limits allow. */
function lastOfPage(heads: readonly Head[], after: number): number {
  const before = heads[0]?.total_length ?? 0;
  let last = 0;
  for (const { sequence, count, total_length } of heads) {
    if (last > 0 && (total_length - before > PAGE_CHARACTERS || sequence - count >= after + PAGE_EVENTS)) break;
    last = sequence;
  }
  return last;
}

/** Whether the log has everything after `after`, up to the last event. */
export function logHas({ sql }: QueueContext, after: number): boolean {
  const next = sql.get<{ before: number }>(
    'SELECT sequence - count AS before FROM log WHERE sequence > ? ORDER BY sequence LIMIT 1',
    after,
  );
  return next ? next.before <= after : after === lastSequence(sql);
}
