/** Item rows: read many at once, written back many at once. */
import type { ItemError } from '../../contract/queue/item.ts';
import { isFinal } from '../../contract/queue/status.ts';
import type { ItemState } from './callback.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

/** The columns of ItemState and the owner's id, for a query that joins `items` and `batches`. */
export const ITEM_STATE = `items.item_id, items.batch_no, items.backlog_no, items.batch_index, batches.user_id, items.status,
  items.status_sequence, items.fence, items.token, items.runner_no, items.leased_at, items.charge,
  items.seconds, items.run_until, items.starts, items.charged, items.losses, items.results,
  items.result_bytes, items.running, items.device, items.started_at, items.completed_at, items.updated_at, items.error`;

export type ItemStateRow = Omit<ItemState, 'error'> & { error: string | null };

export const itemState = (row: ItemStateRow): ItemState => ({
  ...row,
  error: row.error === null ? null : (JSON.parse(row.error) as ItemError),
});

/** The items that there are; removed ones are as if they had never been. */
export function readItems(sql: Sql, item_ids: readonly number[]): Map<number, ItemState> {
  const rows = sql.each<ItemStateRow>(
    `SELECT ${ITEM_STATE} FROM json_each(?1) AS wanted
     JOIN items ON items.item_id = wanted.value JOIN batches USING (batch_no) WHERE items.deleted IS NULL`,
    item_ids,
  );
  return new Map(rows.map((row) => [row.item_id, itemState(row)]));
}

/**
 * What a callback or a transition may have changed; everything else of a row stands since the enqueue or the lease.
 * Items that a runner reports on together mostly end alike, so these are written once for all that agree in them.
 */
const SHARED = [
  'status',
  'status_sequence',
  'runner_no',
  'charge',
  'run_until',
  'starts',
  'charged',
  'losses',
  'results',
  'running',
  'device',
  'completed_at',
  'updated_at',
] as const satisfies readonly (keyof ItemState)[];

/** And these for each item. */
const OWN = ['seconds', 'result_bytes', 'started_at'] as const satisfies readonly (keyof ItemState)[];

/** So many statements at most: beyond, every column is written for each item. */
const GROUPS_MAX = 16;

const assigned = (columns: readonly string[], value: (index: number) => string): string =>
  columns.map((column, index) => `${column} = ${value(index)}`).join(', ');

const fromRow = (index: number): string => `value->>${index + 1}`;
const WRITE_GROUP = `UPDATE items SET ${assigned([...SHARED, 'error'], (index) => `?${index + 2}`)}, ${assigned(OWN, fromRow)}
  FROM json_each(?1) WHERE item_id = value->>0`;
const WRITE_EACH = `UPDATE items SET ${assigned([...OWN, ...SHARED, 'error'], fromRow)}
  FROM json_each(?1) WHERE item_id = value->>0`;

/** Writes items back. Where a lease ended with it, its user is charged what was used instead of what was expected. */
export function writeItems(turn: Turn, items: readonly ItemState[]): void {
  const settled = items.map((item) => (item.runner_no === null && item.charge !== null ? settle(turn, item) : item));
  for (const item of items) if (item.runner_no === null && item.status === 'pending') turn.returned(item.backlog_no);
  const rows = settled.map((item) => ({
    shared: [...SHARED.map((column) => item[column]), item.error && JSON.stringify(item.error)],
    own: [item.item_id, ...OWN.map((column) => item[column])],
  }));
  const groups = Map.groupBy(rows, ({ shared }) => JSON.stringify(shared));
  if (groups.size > GROUPS_MAX) {
    turn.sql.each(
      WRITE_EACH,
      rows.map(({ own, shared }) => [...own, ...shared]),
    );
    return;
  }
  for (const group of groups.values())
    turn.sql.each(
      WRITE_GROUP,
      group.map(({ own }) => own),
      ...(group[0]?.shared ?? []),
    );
}

function settle(turn: Turn, item: ItemState): ItemState {
  turn.serve(item, (item.seconds ?? 0) - (item.charge ?? 0));
  turn.worked(item.seconds ?? 0);
  if (item.status === 'completed') turn.ran(item.batch_no, item.seconds ?? 0);
  return { ...item, charge: null, seconds: null };
}

/** Counts a transition and states its fact; the row itself is written by the caller. */
export function announce(turn: Turn, before: ItemState, after: ItemState): void {
  turn.move(after, before.status, after.status);
  turn.facts.push(['status', after.item_id, after.batch_no, after.status, after.status_sequence, after.device]);
  if (isFinal(after.status)) turn.ended.push(after);
  if (before.status === 'pending' && isFinal(after.status)) turn.taken(after.backlog_no);
  if (after.status === 'pending') turn.madeClaimable(after.backlog_no);
  if (after.status === 'in_progress' && after.starts === 1) {
    const { created_at, start_after } = turn.batches.rowOf(after.batch_no);
    // A retry waits since it was made, and its row was not touched before it starts.
    const since = after.batch_index === null ? Math.max(created_at, start_after ?? 0) : (before.updated_at ?? turn.now);
    turn.waited(Math.max(0, turn.now - since) / 1_000);
  }
}
