/** The sides of an item as lines: what ran, what came of it, what it wrote and what it took. @pure */
import type { Outputs } from '../../client/queue-look.ts';
import type { InvocationRecord } from '../../contract/queue/item.ts';
import type { ItemLogs, ItemStats, NodeStats } from '../../contract/queue/statistics.ts';
import type { Terminal } from '../terminal.ts';
import { paintStatus } from './status-bar.ts';
import { type Column, factLines, tableLines } from './table.ts';
import { fit, oneLine } from './text.ts';
import { duration } from './times.ts';

const INDENT = '  ';

const indented = (lines: readonly string[]): string[] => lines.map((line) => INDENT + line);
const room = ({ columns }: Terminal): number => columns - INDENT.length;

export function nodeLines(nodes: readonly InvocationRecord[], terminal: Terminal): string[] {
  if (nodes.length === 0) return [];
  const { colors: c } = terminal;
  const columns: Column<InvocationRecord>[] = [
    { head: 'node', cell: ({ invocation_id }) => oneLine(invocation_id), least: 10 },
    { head: 'type', cell: ({ type }) => oneLine(type), least: 8 },
    { head: 'status', cell: ({ status }) => paintStatus(c, status) },
    { head: 'took', cell: ({ seconds }) => duration(seconds), align: 'right' },
    { head: 'device', cell: ({ device }) => oneLine(device ?? ''), least: 5 },
    { head: '', cell: ({ cached }) => (cached ? c.dim('cached') : '') },
    {
      head: 'error',
      cell: ({ error }) => (error === null ? '' : c.red(oneLine(`${error.error_type}: ${error.error_message}`))),
      least: 10,
    },
  ];
  return indented(tableLines(columns, nodes, { width: room(terminal), head: c.dim }));
}

export function outputLines(outputs: Outputs['outputs'], terminal: Terminal): string[] {
  const { colors: c, interactive } = terminal;
  return factLines(
    outputs.map(({ invocation_id, result }) => [oneLine(invocation_id), JSON.stringify(result)]),
    c.dim,
  ).map((line) => (interactive ? fit(line, terminal.columns) : line));
}

export function logLines({ lines, lines_dropped }: ItemLogs, { colors: c }: Terminal): string[] {
  const paint = { info: c.dim, warn: c.yellow, error: c.red };
  const shown = lines.map(
    ({ at, level, invocation_id, message }) =>
      `${c.dim(at)}  ${paint[level](level.padEnd(5))}  ${invocation_id === undefined ? '' : `${oneLine(invocation_id)}: `}${oneLine(message)}`,
  );
  return lines_dropped > 0 ? [...shown, c.dim(`${lines_dropped} lines were too many to be kept.`)] : shown;
}

export function statsLines(stats: ItemStats, terminal: Terminal): string[] {
  const { colors: c } = terminal;
  const columns: Column<NodeStats>[] = [
    { head: 'type', cell: ({ node_type }) => oneLine(node_type), least: 8 },
    { head: 'calls', cell: ({ num_calls }) => String(num_calls), align: 'right' },
    { head: 'took', cell: ({ time_used_seconds }) => duration(time_used_seconds), align: 'right' },
    { head: 'cached', cell: ({ cache_hits = 0 }) => (cache_hits > 0 ? String(cache_hits) : ''), align: 'right' },
    { head: 'failed', cell: ({ failures = 0 }) => (failures > 0 ? c.red(String(failures)) : ''), align: 'right' },
  ];
  const runs = stats.runs.flatMap((run) => [
    '',
    c.bold(`run ${run.attempt}`) + c.dim(`  ${oneLine([run.runner, run.device].filter(Boolean).join(', '))}`),
    ...factLines(
      [
        ['wall', run.graph_stats ? duration(run.graph_stats.wall_time_seconds) : ''],
        ['nodes', run.graph_stats ? duration(run.graph_stats.execution_time_seconds) : ''],
        ['models', run.model_load_seconds === undefined ? '' : duration(run.model_load_seconds)],
        ['assets', run.transfer === undefined ? '' : duration(run.transfer.seconds)],
      ],
      c.dim,
    ),
    ...indented(tableLines(columns, run.node_stats ?? [], { width: room(terminal), head: c.dim })),
  ]);
  return [...statsSummary(stats, c.dim), ...runs];
}

/** In all; nothing of an item that never ran. */
export function statsSummary({ totals, queue_wait_seconds }: ItemStats, paint: (text: string) => string): string[] {
  return factLines(
    [
      ['waited', queue_wait_seconds === undefined ? '' : duration(queue_wait_seconds)],
      ['ran', totals ? duration(totals.wall_time_seconds) : ''],
      ['nodes', totals ? duration(totals.execution_time_seconds) : ''],
      ['models', totals?.model_load_seconds === undefined ? '' : duration(totals.model_load_seconds)],
    ],
    paint,
  );
}
