/**
 * Enqueue: the Worker has validated the graph and every value and cut the values into chunks; the object checks
 * room and the batch id, and stores the graph once and each item as one small row.
 */
import { backlogOf } from './backlogs.ts';
import type { ValueGroup } from './batches.ts';
import { answered, remember } from './idempotency.ts';
import { CLAIMABLE } from './ready.ts';
import { Refusal } from './refusal.ts';
import { lookAfter } from './retention.ts';
import type { Turn } from './turn.ts';

export interface CompiledBatch {
  batch_id: string;
  user_id: string;
  origin: string | null;
  destination: string | null;
  priority: number;
  prepend: boolean;
  allow_partial: boolean;
  runs: number;
  requested: number;
  groups: (ValueGroup & { chunks: { first: number; body: string }[] })[];
  /** JSON of the PinnedGraph. */
  graph: string;
  /** JSON, or null. */
  workflow: string | null;
  /** Canonical JSON of what a runner must be able to run. */
  requirement: string;
  /** Of the key that enqueues. */
  lane: number;
  /** Milliseconds since 1970, or null. */
  start_after: number | null;
  deadline: number | null;
  max_run_seconds: number | null;
  traceparent: string | null;
  /** The assets that the graph and the values name, each once. */
  assets: string[];
  /** Of the call's Idempotency-Key: the digest of principal, route and key, and that of the body. */
  idempotency: { key: string; body_hash: string } | null;
}

export interface EnqueuedBatch {
  batch_id: string;
  enqueued: number;
  requested: number;
  priority: number;
  first_item_id: number;
  /** The call had been made before under the same Idempotency-Key: this is what it answered then. */
  replayed: boolean;
}

export function enqueue(turn: Turn, batch: CompiledBatch): EnqueuedBatch {
  const { sql } = turn;
  const before = batch.idempotency && answered<EnqueuedBatch>(sql, batch.idempotency);
  if (before) return { ...before, replayed: true };
  if (sql.get('SELECT 1 FROM batches WHERE batch_id = ?', batch.batch_id))
    throw new Refusal(
      'batch_exists',
      `The batch id "${batch.batch_id}" was used before; leave it out or choose another.`,
      {
        errors: [{ pointer: '/batch/batch_id', code: 'invalid_value', detail: 'A batch id is used once.' }],
      },
    );
  requireStorage(turn);
  const { next_item_id } = sql.one<{ next_item_id: number }>('SELECT next_item_id FROM queue');
  const room = roomFor(turn, batch.user_id);
  if (batch.requested > room && (room === 0 || !batch.allow_partial))
    throw new Refusal(
      'queue_full',
      `The batch has ${batch.requested} items and the queue has room for ${room} of yours; wait, or set allow_partial to enqueue what fits.`,
      { extra: { room, requested: batch.requested } },
    );
  const enqueued = Math.min(batch.requested, room);
  const priority = batch.prepend ? highestPending(turn, batch) + 1 : batch.priority;
  const backlog_no = backlogOf(sql, batch);
  const { batch_no } = sql.one<{ batch_no: number }>(
    `INSERT INTO batches (batch_id, first_item_id, enqueued, requested, runs, groups, priority, backlog_no, user_id, origin, destination, created_at,
       start_after, deadline, max_run_seconds, traceparent)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING batch_no`,
    batch.batch_id,
    next_item_id,
    enqueued,
    batch.requested,
    batch.runs,
    JSON.stringify(batch.groups.map(({ length, fields }) => ({ length, fields }))),
    priority,
    backlog_no,
    batch.user_id,
    batch.origin,
    batch.destination,
    turn.now,
    batch.start_after,
    batch.deadline,
    batch.max_run_seconds,
    batch.traceparent,
  );
  const document = 'INSERT INTO batch_documents (batch_no, kind, body) VALUES (?, ?, ?)';
  sql.all(document, batch_no, 'graph', batch.graph);
  if (batch.workflow !== null) sql.all(document, batch_no, 'workflow', batch.workflow);
  sql.each(
    'INSERT INTO batch_assets (asset_name, batch_no) SELECT value, ?2 FROM json_each(?1)',
    batch.assets,
    batch_no,
  );
  for (const [group_no, group] of batch.groups.entries())
    for (const { first, body } of group.chunks)
      sql.all(
        'INSERT INTO batch_values (batch_no, group_no, first, body) VALUES (?, ?, ?, ?)',
        batch_no,
        group_no,
        first,
        body,
      );
  if (enqueued > 0) {
    sql.all(
      `WITH RECURSIVE ids (id) AS (SELECT ?1 UNION ALL SELECT id + 1 FROM ids WHERE id < ?2)
       INSERT INTO items (item_id, batch_no, backlog_no, status, priority) SELECT id, ?3, ?4, 'pending', ?5 FROM ids`,
      next_item_id,
      next_item_id + enqueued - 1,
      batch_no,
      backlog_no,
      priority,
    );
    sql.all('UPDATE queue SET next_item_id = ?', next_item_id + enqueued);
    lookAfter(turn);
    turn.move({ batch_no, user_id: batch.user_id }, null, 'pending', enqueued);
    turn.madeClaimable(backlog_no, enqueued);
  }
  turn.facts.push(['batch', batch_no]);
  const { batch_id, requested } = batch;
  const answer = { batch_id, enqueued, requested, priority, first_item_id: next_item_id, replayed: false };
  if (batch.idempotency) remember(turn, batch.idempotency, answer);
  return answer;
}

/** Refuses new work when the database has grown to its limit. */
export function requireStorage({ sql, settings }: Turn): void {
  if (sql.size > settings.max_storage_bytes)
    throw new Refusal(
      'storage_full',
      `The queue’s database has ${sql.size} bytes and takes new work below ${settings.max_storage_bytes}; clear or prune it, or shorten its retention.`,
    );
}

/** How many more items a user may have pending. */
export function roomFor({ sql, settings }: Turn, user_id: string): number {
  const { pending } = sql.one<{ pending: number }>('SELECT pending FROM queue');
  const room = settings.max_queue_size - pending;
  if (settings.max_user_pending === null) return Math.max(0, room);
  const own = sql.get<{ pending: number }>('SELECT pending FROM users WHERE user_id = ?', user_id)?.pending ?? 0;
  return Math.max(0, Math.min(room, settings.max_user_pending - own));
}

/**
 * The highest priority among the pending items of a lane that the batch would stand among, 0 when there are none; what a
 * runner holds and has not started, and what may not start yet, count too. Where users take turns these are its user's
 * own: others' priorities order nothing there, and are nobody's to know. One seek for each backlog that has such items.
 */
function highestPending({ sql, settings }: Turn, { lane, user_id }: CompiledBatch): number {
  const among = 'lane = ?1 AND (?2 IS NULL OR backlogs.user_id = ?2)';
  const head = `SELECT (SELECT priority FROM items WHERE items.backlog_no = backlogs.backlog_no AND ${CLAIMABLE}
    ORDER BY priority DESC LIMIT 1) AS priority FROM backlogs`;
  const { priority } = sql.one<{ priority: number | null }>(
    `SELECT MAX(priority) AS priority FROM (
       ${head} WHERE ready = 1 AND ${among}
       UNION ALL ${head} WHERE start_after > 0 AND ${among}
       UNION ALL SELECT priority FROM items INDEXED BY items_leased CROSS JOIN backlogs USING (backlog_no)
         WHERE items.runner_no IS NOT NULL AND items.status = 'pending' AND ${among})`,
    lane,
    settings.order === 'fair' ? user_id : null,
  );
  return priority ?? 0;
}
