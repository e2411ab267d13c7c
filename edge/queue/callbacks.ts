/** Applies a post of callbacks: reads the items that it names, decides entry by entry, writes them back at once. */
import type { CallbackEntry, CallbacksResult } from '../../contract/runner/callbacks.ts';
import { assetNames } from './asset-names.ts';
import type { Batches } from './batches.ts';
import { type Decision, decide, type ItemState, type RecordedInvocation } from './callback.ts';
import { keepResults } from './invocation-cache.ts';
import { announce, readItems, writeItems } from './items.ts';
import { runAllowance, watchRuns } from './run-limits.ts';
import { insertReports, leaseKey, type NewReport, reportedLeases } from './run-reports.ts';
import { sourceOf } from './session-id.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

type Answers = CallbacksResult['answers'];
/** Recorded invocations by item and id. */
type Recorded = Set<string>;
const recordKey = (item_id: number, invocation_id: string): string => `${item_id} ${invocation_id}`;

type NewRecord = RecordedInvocation & { item: ItemState; keep: boolean };

export function applyCallbacks(turn: Turn, runner_no: number, entries: readonly CallbackEntry[]): Answers {
  if (entries.length === 0) return [];
  const items = readItems(turn.sql, [...new Set(entries.map((entry) => entry.item_id))]);
  const recorded = recordedInvocations(turn.sql, items, entries);
  const reported = reportedLeases(turn.sql, entries);
  const changed = new Set<number>();
  const started = new Set<number>();
  const records: NewRecord[] = [];
  const reports: NewReport[] = [];
  const answers = entries.map((entry): Answers[number] => {
    const item = items.get(entry.item_id) ?? null;
    const decision = decide(item, entry, {
      now: turn.now,
      runner_no,
      isRecorded: (invocation_id) => recorded.has(recordKey(entry.item_id, invocation_id)),
      isReported: () => reported.has(leaseKey(entry)),
      isKnown: (invocation_id) => item !== null && hasNode(turn.batches, item.batch_no, invocation_id),
      runSeconds: () => item && runAllowance(turn, item.batch_no),
    });
    if (item && decision.item) {
      changed.add(item.item_id);
      if (decision.transition === 'start') started.add(item.item_id);
      items.set(item.item_id, decision.item);
      note(turn, item, decision.item, decision);
      if (decision.record) {
        const keep = entry.kind === 'invocation_complete' && entry.keep === true;
        records.push({ ...decision.record, item: decision.item, keep });
        recorded.add(recordKey(item.item_id, decision.record.invocation_id));
      }
    }
    if (item && decision.keepsReport && entry.kind === 'session_report') {
      reports.push({ item, report: entry.report });
      reported.add(leaseKey(entry));
    }
    return { answer: decision.answer, ...(decision.detail ? { detail: decision.detail } : {}) };
  });
  insertRecords(turn.sql, records, runner_no);
  keepResults(turn, records);
  insertReports(turn, reports, runner_no);
  const after = [...items.values()].filter((item) => changed.has(item.item_id));
  writeItems(turn, after);
  watchRuns(
    turn,
    after.filter((item) => started.has(item.item_id)),
  );
  return answers;
}

/** The facts of one decision: an item's invocation events come before its final status event. */
function note(turn: Turn, before: ItemState, after: ItemState, { event, transition }: Decision): void {
  if (event) turn.facts.push([event.kind, after.item_id, after.batch_no, event.invocation_id]);
  if (transition) announce(turn, before, after);
  else if (before.runner_no !== null && after.runner_no === null) turn.madeClaimable(after.backlog_no);
}

const hasNode = (batches: Batches, batch_no: number, invocation_id: string): boolean =>
  batches.of(batch_no).nodes.has(sourceOf(invocation_id));

/** Which of the invocations that the entries name are recorded already: a session may have very many others. */
function recordedInvocations(
  sql: Sql,
  items: ReadonlyMap<number, ItemState>,
  entries: readonly CallbackEntry[],
): Recorded {
  const wanted = entries.flatMap((entry) =>
    'invocation_id' in entry && (items.get(entry.item_id)?.results ?? 0) > 0
      ? [[entry.item_id, entry.invocation_id]]
      : [],
  );
  const rows = sql.each<{ item_id: number; invocation_id: string }>(
    `SELECT item_id, invocation_id FROM json_each(?1) AS wanted
     JOIN invocations ON item_id = wanted.value->>0 AND invocation_id = wanted.value->>1`,
    wanted,
  );
  return new Set(rows.map((row) => recordKey(row.item_id, row.invocation_id)));
}

function insertRecords(sql: Sql, records: readonly NewRecord[], runner_no: number): void {
  sql.each(
    `INSERT INTO invocations (item_id, invocation_id, ordinal, result, error, started_at, completed_at, seconds, cached, fence, device, runner_no)
     SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, value->>9, value->>10, ?2
     FROM json_each(?1)`,
    records.map(({ item, ...record }) => [
      item.item_id,
      record.invocation_id,
      record.ordinal,
      record.result,
      record.error,
      record.started_at,
      record.completed_at,
      record.seconds,
      record.cached ? 1 : 0,
      item.fence,
      item.device,
    ]),
    runner_no,
  );
  sql.each(
    'INSERT INTO asset_references (asset_name, item_id) SELECT value->>0, value->>1 FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING',
    records.flatMap(({ item, result }) => (result ? assetNames(result).map((name) => [name, item.item_id]) : [])),
  );
}
