/**
 * Rows that nothing needs any more. A removed item stays while the log speaks of it (schema.ts), then goes with its
 * results; a batch goes when its last item has; what was kept for a caller goes when its time is over. Each step is
 * bounded, and an asset that nothing refers to afterwards is noted for the account to be told.
 */
import { assetNames } from './asset-names.ts';
import { forgetRemoved } from './invocation-cache.ts';
import { oldestSequence } from './log.ts';
import { forgetReports } from './run-reports.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

/** Items, or rows of their kind, that one pass removes. */
const ROWS_PER_PASS = 5_000;
/** Batches, and characters of their graphs and values: nearly all have a small graph, and one may have 31 MiB. */
const BATCHES_PER_PASS = 1_000;
const BATCH_LENGTH_PER_PASS = 8 * 1024 * 1024;
/** Recorded invocations that one pass removes, and units of their results: one item may have two hundred thousand. */
const INVOCATIONS_PER_PASS = 5_000;
const RESULT_LENGTH_PER_PASS = 4 * 1024 * 1024;
/** Those that one statement removes, all of whose results are in memory at once. */
const INVOCATIONS_AT_ONCE = 250;
/** Runners that ended are shown with what they did; of very many the oldest are forgotten. */
const ENDED_RUNNERS_KEPT = 1_000;

/** Whether there is more to do. */
export function collect(turn: Turn): boolean {
  const { sql } = turn;
  const oldest = oldestSequence(sql);
  const horizon = sql.get<{ at: number }>('SELECT at FROM log ORDER BY sequence LIMIT 1')?.at ?? turn.now;
  return [
    collectItems(sql, oldest),
    collectBatches(turn, horizon),
    collectKept(turn),
    collectRunners(sql, horizon),
  ].some((more) => more);
}

/** Removed items whose removal the log has forgotten, and what the invocation cache has of them. */
function collectItems(sql: Sql, oldest: number): boolean {
  const removals = sql.all<{ removal_no: number; first_item_id: number; last_item_id: number }>(
    'SELECT removal_no, first_item_id, last_item_id FROM removals WHERE sequence < ? ORDER BY removal_no LIMIT ?',
    oldest,
    ROWS_PER_PASS,
  );
  let room = ROWS_PER_PASS;
  for (const { removal_no, first_item_id, last_item_id } of removals) {
    if (room === 0) return true;
    const ids = sql
      .all<{ item_id: number }>(
        'SELECT item_id FROM items WHERE item_id BETWEEN ? AND ? AND deleted = 1 ORDER BY item_id LIMIT ?',
        first_item_id,
        last_item_id,
        room,
      )
      .map((row) => row.item_id);
    // An item goes after its results and reports, so that no death and no end of a pass leaves those of nothing.
    if (!collectResults(sql, ids) || !forgetReports(sql, ids)) return true;
    for (const table of ['item_links', 'items'])
      sql.each(`DELETE FROM ${table} WHERE item_id IN (SELECT value FROM json_each(?1))`, ids);
    room -= ids.length;
    if (room > 0) sql.all('DELETE FROM removals WHERE removal_no = ?', removal_no);
  }
  if (removals.length > 0) forgetRemoved({ sql });
  return removals.length === ROWS_PER_PASS || room === 0;
}

/** Removes what the items recorded, as much as one pass does; whether that was all. */
function collectResults(sql: Sql, item_ids: readonly number[]): boolean {
  let rows = 0;
  let length = 0;
  while (rows < INVOCATIONS_PER_PASS && length < RESULT_LENGTH_PER_PASS) {
    const results = sql.each<{ item_id: number; result: string | null }>(
      `DELETE FROM invocations WHERE (item_id, invocation_id) IN
         (SELECT item_id, invocation_id FROM invocations WHERE item_id IN (SELECT value FROM json_each(?1)) LIMIT ?2)
       RETURNING item_id, result`,
      item_ids,
      INVOCATIONS_AT_ONCE,
    );
    dereference(sql, results);
    if (results.length < INVOCATIONS_AT_ONCE) return true;
    rows += results.length;
    for (const { result } of results) length += result?.length ?? 0;
  }
  return false;
}

function dereference(sql: Sql, results: readonly { item_id: number; result: string | null }[]): void {
  const references = results.flatMap(({ item_id, result }) =>
    result ? assetNames(result).map((name) => [name, item_id]) : [],
  );
  sql.each(
    `DELETE FROM asset_references WHERE (asset_name, item_id) IN (SELECT value->>0, value->>1 FROM json_each(?1))`,
    references,
  );
  release(
    sql,
    references.map(([name]) => name as string),
  );
}

/** Notes those of the assets that nothing of the queue refers to any more. */
function release(sql: Sql, asset_names: readonly string[]): void {
  sql.each(
    `INSERT INTO asset_releases (asset_name) SELECT DISTINCT value FROM json_each(?1)
     WHERE NOT EXISTS (SELECT 1 FROM asset_references WHERE asset_name = value)
       AND NOT EXISTS (SELECT 1 FROM batch_assets WHERE asset_name = value)
     ON CONFLICT DO NOTHING`,
    asset_names,
  );
}

/** Some of the assets that the account must be told of. */
export const releasedAssets = (sql: Sql): string[] =>
  sql
    .all<{ asset_name: string }>('SELECT asset_name FROM asset_releases LIMIT ?', ROWS_PER_PASS)
    .map((row) => row.asset_name);

/** The account was told. */
export function forgetReleased(sql: Sql, asset_names: readonly string[]): void {
  sql.each('DELETE FROM asset_releases WHERE asset_name IN (SELECT value FROM json_each(?1))', asset_names);
}

/** Batches without items, older than what the log tells of; then the backlogs and requirements that only they had. */
function collectBatches({ sql, batches }: Turn, horizon: number): boolean {
  const empty = sql.all<{ batch_no: number }>(
    `SELECT batch_no FROM batches WHERE created_at < ?
       AND pending + in_progress + waiting + completed + failed + canceled = 0
       AND NOT EXISTS (SELECT 1 FROM items WHERE item_id BETWEEN first_item_id AND first_item_id + enqueued - 1)
       AND NOT EXISTS (SELECT 1 FROM items WHERE items.batch_no = batches.batch_no AND batch_index IS NOT NULL)
     LIMIT ?`,
    horizon,
    BATCHES_PER_PASS,
  );
  if (empty.length === 0) return false;
  const batch_nos = firstOf(
    sql,
    empty.map((row) => row.batch_no),
  );
  const named = sql.each<{ asset_name: string }>(
    'DELETE FROM batch_assets WHERE batch_no IN (SELECT value FROM json_each(?1)) RETURNING asset_name',
    batch_nos,
  );
  release(
    sql,
    named.map((row) => row.asset_name),
  );
  for (const table of ['batch_values', 'batch_documents', 'batches'])
    sql.each(`DELETE FROM ${table} WHERE batch_no IN (SELECT value FROM json_each(?1))`, batch_nos);
  for (const batch_no of batch_nos) batches.forget(batch_no);
  sql.all(
    `DELETE FROM backlogs WHERE backlog_no NOT IN (SELECT backlog_no FROM batches)
       AND backlog_no NOT IN (SELECT backlog_no FROM items WHERE batch_index IS NOT NULL)`,
  );
  sql.all('DELETE FROM requirements WHERE requirement_no NOT IN (SELECT requirement_no FROM backlogs)');
  return empty.length === BATCHES_PER_PASS || batch_nos.length < empty.length;
}

/** As many of the batches as one pass removes, one at least. */
function firstOf(sql: Sql, batch_nos: readonly number[]): number[] {
  let length = 0;
  const next = batch_nos.findIndex((batch_no, index) => {
    if (index > 0 && length > BATCH_LENGTH_PER_PASS) return true;
    length += sql.one<{ length: number }>(
      `SELECT (SELECT TOTAL(LENGTH(body)) FROM batch_documents WHERE batch_no = ?1)
         + (SELECT TOTAL(LENGTH(body)) FROM batch_values WHERE batch_no = ?1) AS length`,
      batch_no,
    ).length;
    return false;
  });
  return next === -1 ? [...batch_nos] : batch_nos.slice(0, next);
}

/** Answers, tickets, and users who have nothing: a user who returns starts where the others are (D7). */
function collectKept({ sql, now, settings }: Turn): boolean {
  const old = sql.all(
    `DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE created_at < ? ORDER BY created_at LIMIT ?)
     RETURNING 1`,
    now - settings.idempotency_retention_seconds * 1_000,
    ROWS_PER_PASS,
  );
  sql.all('DELETE FROM tickets WHERE expires_at < ?', now);
  sql.all(
    `DELETE FROM users WHERE pending + in_progress + waiting + completed + failed + canceled = 0
       AND user_id NOT IN (SELECT user_id FROM batches)`,
  );
  return old.length === ROWS_PER_PASS;
}

function collectRunners(sql: Sql, horizon: number): boolean {
  sql.all(
    `DELETE FROM runners WHERE ended_at < ?1 AND expires_at IS NULL AND runner_no NOT IN
       (SELECT runner_no FROM runners WHERE expires_at IS NULL ORDER BY ended_at DESC LIMIT ?2)`,
    horizon,
    ENDED_RUNNERS_KEPT,
  );
  return false;
}
