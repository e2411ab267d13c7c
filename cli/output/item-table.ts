/** Items as a table of one line each. @pure */
import type { ItemSummary } from '../../contract/queue/item.ts';
import type { Terminal } from '../terminal.ts';
import { when } from '../terminal.ts';
import { paintStatus } from './status-bar.ts';
import { type Column, tableLines } from './table.ts';
import { oneLine } from './text.ts';
import { duration } from './times.ts';

/** Of a batch id that nobody chose, enough to tell it from others, and to find it in what `--json` prints. */
const ID_SHOWN = 8;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

export const shortId = (id: string): string => (UUID.test(id) ? id.slice(0, ID_SHOWN) : oneLine(id));

/** From the first start to the end, or to now; empty before. */
export function runTime({ started_at, completed_at }: ItemSummary, now: number): string {
  if (started_at === null) return '';
  const end = completed_at === null ? now : Date.parse(completed_at);
  return duration(Math.max(0, end - Date.parse(started_at)) / 1_000);
}

/** What its batch varies: `noise.seed=3`. */
export const valuesOf = ({ field_values }: ItemSummary): string =>
  oneLine(
    field_values
      .map(({ node_path, field_name, value }) => {
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        return `${node_path}.${field_name}=${text}`;
      })
      .join('  '),
  );

export const errorOf = ({ error_type, error_message }: ItemSummary): string =>
  oneLine([error_type, error_message].filter(Boolean).join(': '));

export function itemLines(items: readonly ItemSummary[], terminal: Terminal, now: number): string[] {
  if (items.length === 0) return [];
  const { colors: c } = terminal;
  const columns: Column<ItemSummary>[] = [
    { head: 'item', cell: ({ item_id }) => String(item_id), align: 'right' },
    { head: 'status', cell: ({ status }) => paintStatus(c, status) },
    { head: 'what', cell: ({ batch_id, destination }) => oneLine(destination ?? shortId(batch_id)), least: 8 },
    { head: 'values', cell: valuesOf, least: 8 },
    { head: 'user', cell: ({ user_id }) => oneLine(user_id), least: 6 },
    { head: 'age', cell: ({ created_at }) => when(created_at, terminal, now), align: 'right' },
    { head: 'ran', cell: (item) => runTime(item, now), align: 'right' },
    { head: 'device', cell: ({ device }) => oneLine(device ?? ''), least: 5 },
    { head: 'error', cell: (item) => c.red(errorOf(item)), least: 10 },
  ];
  return tableLines(columns, items, { width: terminal.columns, head: c.dim });
}
