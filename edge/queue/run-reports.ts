/**
 * What runners report of their runs beside results: statistics and log, one row a run. It is kept with its item, changes
 * nothing of it, and is shown by `/stats` and `/logs`.
 */
import { RUN_REPORTS_MAX, SESSION_LOG_LENGTH_MAX } from '../../contract/limits.ts';
import { timestamp } from '../../contract/names.ts';
import type { ItemLogs, ItemStats, LogLine, RunReport, SessionStats } from '../../contract/queue/statistics.ts';
import type { Status } from '../../contract/queue/status.ts';
import type { CallbackEntry } from '../../contract/runner/callbacks.ts';
import type { Principal } from '../../contract/store/key.ts';
import type { ItemState } from './callback.ts';
import { theirs } from './item-access.ts';
import { packStats, unpackStats } from './packed-stats.ts';
import { recordedRuns } from './recorded-runs.ts';
import { sessionId } from './session-id.ts';
import type { Sql } from './storage.ts';
import type { QueueContext, Turn } from './turn.ts';

/** Reports that one statement removes, and characters that one pass does: most have 300, and one may have 200,000. */
const REPORTS_AT_ONCE = 250;
const LENGTH_PER_PASS = 4 * 1024 * 1024;

interface KeptLog {
  lines: LogLine[];
  dropped: number;
}

export interface NewReport {
  item: ItemState;
  report: RunReport;
}

/** A lease by its item and number. */
export const leaseKey = ({ item_id, fence }: { item_id: number; fence: number }): string => `${item_id} ${fence}`;

/** The leases whose report is kept, of those that the entries report on. */
export function reportedLeases(sql: Sql, entries: readonly CallbackEntry[]): Set<string> {
  const wanted = entries.flatMap((entry) => (entry.kind === 'session_report' ? [[entry.item_id, entry.fence]] : []));
  const rows = sql.each<{ item_id: number; fence: number }>(
    `SELECT item_id, fence FROM json_each(?1) AS wanted
     JOIN run_reports ON item_id = wanted.value->>0 AND fence = wanted.value->>1`,
    wanted,
  );
  return new Set(rows.map(leaseKey));
}

export function insertReports({ sql, now }: Turn, reports: readonly NewReport[], runner_no: number): void {
  if (reports.length === 0) return;
  sql.each(
    `INSERT INTO run_reports (item_id, fence, device, started_at, stats, log, runner_no, reported_at)
     SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, ?2, ?3 FROM json_each(?1)`,
    reports.map(({ item, report }) => [
      item.item_id,
      item.fence,
      item.device,
      runStart(item),
      report.stats ? packStats(report.stats) : null,
      keptLog(report),
    ]),
    runner_no,
    now,
  );
  const many = reports.flatMap(({ item }) => (item.fence > RUN_REPORTS_MAX ? [item.item_id] : []));
  for (const item_id of many)
    sql.all(
      `DELETE FROM run_reports WHERE item_id = ?1 AND fence <=
         (SELECT fence FROM run_reports WHERE item_id = ?1 ORDER BY fence DESC LIMIT 1 OFFSET ?2)`,
      item_id,
      RUN_REPORTS_MAX,
    );
}

/** When the item's latest run started, where that is known: the row keeps the first start, and the last move. */
function runStart({ status, starts, started_at, updated_at }: ItemState): number | null {
  if (status === 'in_progress') return updated_at;
  return starts === 1 ? started_at : null;
}

/** JSON of the first lines and the last ones that fit; null when nothing was written. */
function keptLog({ log, log_lines_dropped: before = 0 }: RunReport): string | null {
  if (log.length === 0 && before === 0) return null;
  let room = SESSION_LOG_LENGTH_MAX;
  const fits = (line: LogLine | undefined): boolean => {
    room -= line ? JSON.stringify(line).length : 0;
    return room >= 0;
  };
  let head = 0;
  let tail = log.length;
  while (head < tail && fits(log[head])) {
    head++;
    if (head === tail || !fits(log[tail - 1])) break;
    tail--;
  }
  const kept: KeptLog = { lines: [...log.slice(0, head), ...log.slice(tail)], dropped: before + tail - head };
  return JSON.stringify(kept);
}

/** Removes what was reported of the items, as much as one pass does; whether that was all. */
export function forgetReports(sql: Sql, item_ids: readonly number[]): boolean {
  for (let length = 0; length < LENGTH_PER_PASS; ) {
    const rows = sql.each<{ length: number }>(
      `DELETE FROM run_reports WHERE (item_id, fence) IN
         (SELECT item_id, fence FROM run_reports WHERE item_id IN (SELECT value FROM json_each(?1)) LIMIT ?2)
       RETURNING COALESCE(LENGTH(stats), 0) + COALESCE(LENGTH(log), 0) AS length`,
      item_ids,
      REPORTS_AT_ONCE,
    );
    if (rows.length < REPORTS_AT_ONCE) return true;
    for (const row of rows) length += row.length;
  }
  return false;
}

interface ItemRow {
  item_id: number;
  batch_no: number;
  status: Status;
  user_id: string;
  batch_index: number | null;
  started_at: number | null;
  created_at: number;
  start_after: number | null;
}

function itemOf({ sql }: QueueContext, principal: Principal, item_id: number): ItemRow {
  const found = sql.get<ItemRow>(
    `SELECT items.item_id, items.batch_no, items.status, items.batch_index, items.started_at,
       batches.user_id, batches.created_at, batches.start_after
     FROM items JOIN batches USING (batch_no) WHERE items.item_id = ? AND items.deleted IS NULL`,
    item_id,
  );
  return theirs(principal, item_id, found);
}

interface StatsRow {
  fence: number;
  runner_no: number;
  device: string | null;
  started_at: number | null;
  reported_at: number | null;
  stats: Partial<SessionStats>;
}

/** What the runs of an item took; refused to those who may not see it whole. */
export function readStats(context: QueueContext, principal: Principal, item_id: number): ItemStats {
  const item = itemOf(context, principal, item_id);
  const session_id = sessionId(context.queue_id, item_id);
  const runs = runsOf(context, item);
  const wait = queueWait(item);
  return {
    item_id,
    session_id,
    status: item.status,
    ...(wait === null ? {} : { queue_wait_seconds: wait }),
    runs: runs.map((run) => shownRun(context.sql, run, session_id)),
    ...totals(runs.map(({ stats }) => stats)),
  };
}

/** Those that were reported on, and those that recorded something; the figures of a report hold more. */
function runsOf({ sql, batches }: QueueContext, { item_id, batch_no }: ItemRow): StatsRow[] {
  const reported = sql.all<Omit<StatsRow, 'stats'> & { stats: string | null }>(
    'SELECT fence, runner_no, device, started_at, reported_at, stats FROM run_reports WHERE item_id = ?',
    item_id,
  );
  const recorded = recordedRuns(sql, item_id, (source_id) => batches.of(batch_no).nodes.get(source_id)?.type);
  const runs = reported.map(({ stats, ...row }): StatsRow => {
    const found = recorded.get(row.fence);
    recorded.delete(row.fence);
    return { ...row, stats: stats === null ? (found?.stats ?? {}) : unpackStats(stats) };
  });
  const others = [...recorded.values()].map((run): StatsRow => ({ ...run, reported_at: null }));
  return [...runs, ...others].sort((a, b) => a.fence - b.fence).slice(-RUN_REPORTS_MAX);
}

function shownRun(
  sql: Sql,
  { runner_no, started_at, reported_at, ...row }: StatsRow,
  graph_execution_state_id: string,
): ItemStats['runs'][number] {
  const { graph_stats, ...stats } = row.stats;
  const runner = sql.get<{ runner_id: string; name: string }>(
    'SELECT runner_id, name FROM runners WHERE runner_no = ?',
    runner_no,
  );
  return {
    attempt: row.fence,
    runner_id: runner?.runner_id ?? null,
    runner: runner?.name ?? null,
    device: row.device,
    ...(started_at === null ? {} : { started_at: timestamp(started_at) }),
    ...(reported_at === null ? {} : { reported_at: timestamp(reported_at) }),
    ...(graph_stats ? { graph_stats: { graph_execution_state_id, ...graph_stats } } : {}),
    ...stats,
  };
}

/** As the metrics count it. When a retry was asked for, its row does not know any more once it has started. */
function queueWait({ batch_index, created_at, start_after, started_at }: ItemRow): number | null {
  if (started_at === null || batch_index !== null) return null;
  return Math.max(0, started_at - Math.max(created_at, start_after ?? 0)) / 1_000;
}

function totals(stats: readonly Partial<SessionStats>[]): Pick<ItemStats, 'totals'> {
  const runs = stats.flatMap(({ graph_stats }) => graph_stats ?? []);
  if (runs.length === 0) return {};
  const loads = stats.flatMap(({ model_load_seconds }) => model_load_seconds ?? []);
  const sum = (seconds: readonly number[]) => seconds.reduce((total, each) => total + each, 0);
  return {
    totals: {
      execution_time_seconds: sum(runs.map((run) => run.execution_time_seconds)),
      wall_time_seconds: sum(runs.map((run) => run.wall_time_seconds)),
      ...(loads.length > 0 ? { model_load_seconds: sum(loads) } : {}),
    },
  };
}

/** What the runs of an item wrote; likewise. All that is kept of it fits an answer. */
export function readLogs(context: QueueContext, principal: Principal, item_id: number): ItemLogs {
  const { status } = itemOf(context, principal, item_id);
  const rows = context.sql.all<{ fence: number; log: string }>(
    'SELECT fence, log FROM run_reports WHERE item_id = ? AND log IS NOT NULL ORDER BY fence',
    item_id,
  );
  const runs = rows.map(({ fence, log }) => ({ fence, ...(JSON.parse(log) as KeptLog) }));
  return {
    item_id,
    session_id: sessionId(context.queue_id, item_id),
    status,
    lines: runs.flatMap(({ fence, lines }) => lines.map((line) => ({ ...line, attempt: fence }))),
    lines_dropped: runs.reduce((sum, { dropped }) => sum + dropped, 0),
  };
}
