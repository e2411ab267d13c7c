/** One item for a person: what it is, what it did, and why it failed. @pure */
import type { Outputs } from '../../client/queue-look.ts';
import type { InvocationRecord, ItemSummary } from '../../contract/queue/item.ts';
import type { ItemStats } from '../../contract/queue/statistics.ts';
import { type Terminal, when } from '../terminal.ts';
import { nodeLines, outputLines, statsSummary } from './item-sides.ts';
import { runTime, valuesOf } from './item-table.ts';
import { paintStatus } from './status-bar.ts';
import { factLines } from './table.ts';
import { harmlessLines, oneLine } from './text.ts';

export interface ItemParts {
  item: ItemSummary;
  /** The first of them, one more than are shown when there are more; none of an item that is not the caller's. */
  nodes: InvocationRecord[];
  outputs: Outputs['outputs'];
  stats: ItemStats | null;
}

export function itemPicture(
  { item, nodes, outputs, stats }: ItemParts,
  nodesShown: number,
  terminal: Terminal,
  now: number,
): string[] {
  const { colors: c } = terminal;
  const section = (title: string, lines: readonly string[]) => (lines.length > 0 ? ['', c.bold(title), ...lines] : []);
  const ran = runTime(item, now);
  const head = [c.bold(`item ${item.item_id}`), paintStatus(c, item.status), ...(ran ? [c.dim(`ran ${ran}`)] : [])];
  const more = nodes.length > nodesShown ? [c.dim('  … and more: --nodes shows all')] : [];
  return [
    head.join('  '),
    ...factLines(factsOf(item, terminal, now), c.dim),
    ...section('nodes', [...nodeLines(nodes.slice(0, nodesShown), terminal), ...more]),
    ...section('outputs', outputLines(outputs, terminal)),
    ...section('took', stats === null ? [] : statsSummary(stats, c.dim)),
    ...section('error', errorLines(item, terminal)),
  ];
}

function factsOf(item: ItemSummary, terminal: Terminal, now: number): (readonly [string, string])[] {
  const at = (iso: string | null) => when(iso, terminal, now);
  return [
    ['batch', oneLine(item.batch_id)],
    ['origin', oneLine(item.origin ?? '')],
    ['destination', oneLine(item.destination ?? '')],
    ['user', oneLine(item.user_id)],
    ['values', valuesOf(item)],
    ['priority', item.priority === 0 ? '' : String(item.priority)],
    ['created', at(item.created_at)],
    ['starts after', at(item.start_after)],
    ['deadline', at(item.deadline)],
    ['started', at(item.started_at)],
    ['ended', at(item.completed_at)],
    ['device', oneLine(item.device ?? '')],
    ['starts', item.attempts > 1 ? String(item.attempts) : ''],
    ['retry of', item.retried_from_item_id === null ? '' : `item ${item.retried_from_item_id}`],
    ['called by', item.parent_item_id === null ? '' : `item ${item.parent_item_id}`],
  ];
}

function errorLines({ error_type, error_message, error_traceback }: ItemSummary, { colors: c }: Terminal): string[] {
  if (error_type === null) return [];
  const message = harmlessLines(`${error_type}: ${error_message ?? ''}`);
  const traceback = error_traceback ? harmlessLines(error_traceback) : [];
  // Most tracebacks begin with the message.
  const rest = traceback.slice(message.every((line, at) => traceback[at] === line) ? message.length : 0);
  return [...message.map((line) => `  ${c.red(line)}`), ...rest.map((line) => `  ${c.dim(line)}`)];
}
