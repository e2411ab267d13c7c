/** The recorded invocations of an item, in order of completion and by pages: a session has up to 200,000 of them. */
import { timestamp } from '../../contract/names.ts';
import type { InvocationRecord } from '../../contract/queue/item.ts';
import type { Status } from '../../contract/queue/status.ts';
import type { Principal } from '../../contract/store/key.ts';
import { ANSWER_LENGTH_MAX } from './answer.ts';
import type { Batches } from './batches.ts';
import { theirs } from './item-access.ts';
import { sourceOf } from './session-id.ts';
import type { Sql } from './storage.ts';
import type { QueueContext } from './turn.ts';

/** Characters of a record's JSON besides its result and its error. */
export const RECORD_LENGTH = 300;

/** Before the first invocation of an item, whose ordinal is 0. */
export const BEFORE_FIRST = -1;

interface InvocationRow {
  item_id: number;
  invocation_id: string;
  ordinal: number;
  result: string | null;
  error: string | null;
  started_at: number;
  completed_at: number;
  seconds: number;
  fence: number;
  runner_id: string | null;
  device: string | null;
  cached: number;
}

const INVOCATIONS = 'SELECT invocations.*, runners.runner_id FROM invocations LEFT JOIN runners USING (runner_no)';

function recordOf(batches: Batches, batch_no: number, row: InvocationRow): InvocationRecord {
  const source_id = sourceOf(row.invocation_id);
  const node = batches.of(batch_no).nodes.get(source_id);
  return {
    invocation_id: row.invocation_id,
    invocation_source_id: source_id,
    type: node?.type ?? '',
    is_intermediate: node?.is_intermediate ?? false,
    status: row.error === null ? 'completed' : 'failed',
    result: row.result === null ? null : JSON.parse(row.result),
    error: row.error === null ? null : JSON.parse(row.error),
    started_at: timestamp(row.started_at),
    completed_at: timestamp(row.completed_at),
    seconds: row.seconds,
    attempt: row.fence,
    runner_id: row.runner_id,
    device: row.device,
    cached: row.cached === 1,
  };
}

/** All of one item, of which the caller knows that they fit an answer. */
export const invocationRecords = (
  sql: Sql,
  batches: Batches,
  item: { item_id: number; batch_no: number },
): InvocationRecord[] =>
  sql
    .all<InvocationRow>(`${INVOCATIONS} WHERE item_id = ? ORDER BY ordinal`, item.item_id)
    .map((row) => recordOf(batches, item.batch_no, row));

export interface InvocationQuery {
  item_id: number;
  /** The ordinal of the last one of the page before; BEFORE_FIRST for the first page. */
  after: number;
  limit: number;
  /** Only what the session is for: results of nodes that are not intermediate. */
  outputs: boolean;
}

export interface InvocationPage {
  status: Status;
  records: InvocationRecord[];
  /** Where the next page goes on; null when there is nothing more yet. */
  next: number | null;
}

/** A page of at least one record, if there is one, and of no more than an answer carries. */
export function listInvocations(context: QueueContext, principal: Principal, query: InvocationQuery): InvocationPage {
  const { sql, batches } = context;
  const { item_id, after, limit } = query;
  const found = sql.get<{ batch_no: number; status: Status; user_id: string }>(
    `SELECT items.batch_no, items.status, batches.user_id FROM items JOIN batches USING (batch_no)
     WHERE items.item_id = ? AND items.deleted IS NULL`,
    item_id,
  );
  const item = theirs(principal, item_id, found);
  const rows = query.outputs
    ? sql.all<InvocationRow>(
        `${INVOCATIONS} WHERE item_id = ?1 AND ordinal > ?2 AND result IS NOT NULL
           AND SUBSTR(invocation_id, 1, INSTR(invocation_id || '#', '#') - 1) IN (SELECT value FROM json_each(?4))
         ORDER BY ordinal LIMIT ?3`,
        item_id,
        after,
        limit + 1,
        JSON.stringify(
          batches.of(item.batch_no).graph.nodes.flatMap((node) => (node.is_intermediate ? [] : [node.id])),
        ),
      )
    : sql.all<InvocationRow>(
        `${INVOCATIONS} WHERE item_id = ? AND ordinal > ? ORDER BY ordinal LIMIT ?`,
        item_id,
        after,
        limit + 1,
      );
  let length = 0;
  let count = 0;
  for (const { result, error } of rows.slice(0, limit)) {
    length += (result?.length ?? 0) + (error?.length ?? 0) + RECORD_LENGTH;
    if (length > ANSWER_LENGTH_MAX && count > 0) break;
    count++;
  }
  const shown = rows.slice(0, count);
  return {
    status: item.status,
    records: shown.map((row) => recordOf(batches, item.batch_no, row)),
    next: count < rows.length ? (shown.at(-1)?.ordinal ?? null) : null,
  };
}
