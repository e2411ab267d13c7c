/** The rows against the model: every item that changed after each step, and now and then everything. */
import { RUN_REPORTS_MAX } from '../../../contract/limits.ts';
import { STATUS_NAMES, type Status } from '../../../contract/queue/status.ts';
import type { Model } from '../model.ts';
import { type Item, isFinal } from '../model.ts';
import type { SimulatedStorage, Witnessed, WitnessedReport } from '../storage.ts';
import { hold } from '../violation.ts';
import { type Step, told } from './step.ts';

interface ItemRow {
  item_id: number;
  status: Status;
  priority: number;
  place: number;
  fence: number;
  token: string | null;
  runner_no: number | null;
  charge: number | null;
  seconds: number | null;
  run_until: number | null;
  charged: number;
  results: number;
  running: string | null;
  deleted: number | null;
}

const COLUMNS = `item_id, status, priority, CASE WHEN place IS NULL THEN item_id ELSE place END AS place, fence, token,
  runner_no, charge, seconds, run_until, charged, results, running, deleted`;

/** What the rows say of leases that live, for the invariant of what users were charged. */
export class Charges {
  /** Charged for leases that live, and reported under them, by item. */
  readonly #live = new Map<number, { user_id: string; charge: number; seconds: number }>();
  readonly #sums = new Map<string, { charge: number; seconds: number }>();

  set(item: Item, charge: number, seconds: number): void {
    const { user_id } = item.batch;
    const sum = this.of(user_id);
    const before = this.#live.get(item.item_id);
    sum.charge += charge - (before?.charge ?? 0);
    sum.seconds += seconds - (before?.seconds ?? 0);
    if (charge === 0 && seconds === 0) this.#live.delete(item.item_id);
    else this.#live.set(item.item_id, { user_id, charge, seconds });
  }

  of(user_id: string): { charge: number; seconds: number } {
    let sum = this.#sums.get(user_id);
    if (!sum) {
      sum = { charge: 0, seconds: 0 };
      this.#sums.set(user_id, sum);
    }
    return sum;
  }
}

/** After a step: the rows that changed, and those that were to change. */
export function compareRows(step: Step, seen: readonly number[], charges: Charges): void {
  const { model, storage } = step;
  const ids = new Set([...seen, ...step.changed]);
  if (ids.size === 0) return;
  const rows = storage.all<ItemRow>(
    `SELECT ${COLUMNS} FROM json_each(?1) JOIN items ON item_id = value`,
    JSON.stringify([...ids]),
  );
  for (const row of rows) {
    const item = model.items.get(row.item_id);
    hold('no-item-lost', item !== undefined, () => `there is an item ${row.item_id} that nobody enqueued`);
    compareRow(item, row);
    const live = row.runner_no !== null;
    hold(
      'service-is-settled',
      live || row.charge === null,
      () => `${told(item)} has no lease and a charge of ${row.charge}`,
    );
    charges.set(item, live ? (row.charge ?? 0) : 0, live ? (row.seconds ?? 0) : 0);
    ids.delete(row.item_id);
  }
  for (const item_id of ids) {
    const item = model.items.get(item_id);
    if (item) charges.set(item, 0, 0);
    hold('no-item-lost', item?.removed === true, () => `the row of ${item ? told(item) : `item ${item_id}`} is gone`);
  }
}

function compareRow(item: Item, row: ItemRow): void {
  const saw = () => `the row has ${JSON.stringify(row)}; by the events it is ${told(item)}`;
  hold('no-item-lost', (row.deleted === 1) === item.removed, saw);
  const blame = isFinal(item.status) ? 'final-stays-final' : 'moves-are-announced';
  hold(blame, row.status === item.status, saw);
  hold('one-live-fence', row.runner_no === (item.holder?.runner_no ?? null), saw);
  hold('one-live-fence', row.fence === item.fence && row.token === item.token, saw);
  hold('recorded-once', row.results === item.results.size, saw);
  hold('moves-are-announced', row.charged === item.charged && row.running === item.running, saw);
  hold('moves-are-announced', row.priority === item.priority, saw);
  item.place = row.place;
  // After an outage what runs gets the time that was lost.
  const limit = row.run_until ?? Number.POSITIVE_INFINITY;
  hold('moves-have-a-reason', limit >= (item.run_until ?? Number.POSITIVE_INFINITY), saw);
  item.run_until = row.run_until;
}

/** Results are written once and go only with their item. */
export function compareInvocations({ model }: Step, seen: readonly Witnessed[]): void {
  for (const { item_id, invocation_id, change } of seen) {
    const item = model.items.get(item_id);
    const saw = () => `${invocation_id} of ${item ? told(item) : `item ${item_id}`} was ${change}`;
    hold('recorded-once', change !== 'altered', saw);
    if (change === 'removed') hold('final-stays-final', item?.removed === true, saw);
    else hold('recorded-once', item?.results.has(invocation_id) === true, saw);
  }
}

/** What was reported of a run is written once, and goes with its item, or because later runs are kept instead. */
export function compareReports({ model }: Step, seen: readonly WitnessedReport[]): void {
  for (const { item_id, fence, change } of seen) {
    const item = model.items.get(item_id);
    const saw = () => `the report of run ${fence} of ${item ? told(item) : `item ${item_id}`} was ${change}`;
    const later = [...(item?.reports ?? [])].filter((each) => each > fence).length;
    hold('reports-belong-to-runs', change !== 'altered' && item?.reports.has(fence) === true, saw);
    if (change === 'removed') hold('reports-belong-to-runs', item?.removed === true || later >= RUN_REPORTS_MAX, saw);
  }
}

/** Every report belongs to an item that is there, and every run that was reported on has one. */
function compareAllReports(model: Model, storage: SimulatedStorage): void {
  const rows = storage.all<{ item_id: number; reports: number; there: number }>(
    `SELECT item_id, COUNT(*) AS reports, EXISTS (SELECT 1 FROM items WHERE items.item_id = run_reports.item_id) AS there
     FROM run_reports GROUP BY item_id`,
  );
  const counts = new Map(rows.map((row) => [row.item_id, row.reports]));
  const saw = () => `there are reports ${JSON.stringify(rows)}`;
  hold(
    'reports-belong-to-runs',
    rows.every(({ there }) => there === 1),
    saw,
  );
  for (const item of model.items.values())
    if (!item.removed)
      hold(
        'reports-belong-to-runs',
        (counts.get(item.item_id) ?? 0) === Math.min(item.reports.size, RUN_REPORTS_MAX),
        saw,
      );
}

type CountRow = Record<Status, number>;
const COUNTS = STATUS_NAMES.join(', ');
const zero = (counts: CountRow): boolean => STATUS_NAMES.every((status) => counts[status] === 0);

function compareCounts(model: Model, owner: string, row: CountRow): void {
  const counted = model.countsOf(owner);
  const same = STATUS_NAMES.every((status) => row[status] === counted[status]);
  hold('counters-equal-rows', same, () => `${owner} has ${JSON.stringify(row)}; counted ${JSON.stringify(counted)}`);
}

/** The counters of the queue, and of the batches and users whose items changed. */
export function compareCounters(step: Step, queue: CountRow): void {
  const { model, storage } = step;
  compareCounts(model, 'queue', queue);
  const items = [...step.changed].map((item_id) => model.items.get(item_id)!);
  if (items.length === 0) return;
  const batches = [...new Set(items.map((item) => item.batch.batch_no))];
  for (const row of storage.all<CountRow & { batch_no: number }>(
    `SELECT batch_no, ${COUNTS} FROM json_each(?1) JOIN batches ON batch_no = value`,
    JSON.stringify(batches),
  ))
    compareCounts(model, `batch ${row.batch_no}`, row);
}

function compareKept(storage: SimulatedStorage): void {
  const [kept] = storage.all<{ counted: number; cache_size: number }>(
    'SELECT (SELECT COUNT(*) FROM cache_entries) AS counted, cache_size FROM queue',
  );
  hold('counters-equal-rows', kept?.counted === kept?.cache_size, () => `the cache has ${JSON.stringify(kept)}`);
}

/** The whole queue, row by row. */
export function compareEverything(model: Model, storage: SimulatedStorage): void {
  const rows = new Map(storage.all<ItemRow>(`SELECT ${COLUMNS} FROM items`).map((row) => [row.item_id, row]));
  for (const item of model.items.values()) {
    const row = rows.get(item.item_id);
    hold('no-item-lost', row !== undefined || item.removed, () => `the row of ${told(item)} is gone`);
    if (row) compareRow(item, row);
    rows.delete(item.item_id);
  }
  hold('no-item-lost', rows.size === 0, () => `nobody enqueued ${[...rows.keys()].join(', ')}`);
  compareAllReports(model, storage);
  compareCounts(model, 'queue', storage.all<CountRow>(`SELECT ${COUNTS} FROM queue`)[0]!);
  compareKept(storage);
  const batches = storage.all<CountRow & { batch_no: number }>(`SELECT batch_no, ${COUNTS} FROM batches`);
  for (const row of batches) compareCounts(model, `batch ${row.batch_no}`, row);
  const users = storage.all<CountRow & { user_id: string }>(`SELECT user_id, ${COUNTS} FROM users`);
  for (const row of users) compareCounts(model, `user ${row.user_id}`, row);
  const there = new Set([
    ...batches.map((row) => `batch ${row.batch_no}`),
    ...users.map((row) => `user ${row.user_id}`),
    'queue',
  ]);
  for (const [owner, counts] of model.counts)
    hold(
      'counters-equal-rows',
      there.has(owner) || zero(counts),
      () => `${owner} has no row: ${JSON.stringify(counts)}`,
    );
}
