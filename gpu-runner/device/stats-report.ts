/**
 * What becomes of a session's statistics when it ends: a file in the folder of `--stats`, a table in the runner's log, and
 * JSON for the queue; then they are reset.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { SessionStats } from '../../contract/queue/statistics.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import type { Meter } from './meter.ts';
import { type SessionStatistics, StatsNotFoundError } from './session-stats.ts';

/** A shorter session is not worth a table: there may be thousands a second, and the queue shows their figures. */
const TABLE_FROM_SECONDS = 1;

export interface StatsReportParts {
  statistics: Pick<SessionStatistics, 'get' | 'isBrief' | 'reset'>;
  /** null: no files. */
  folder: string | null;
  /** Of the runner, not of the session. */
  log: (level: 'info' | 'warn', message: string) => void;
}

export class StatsReport {
  readonly #parts: StatsReportParts;

  constructor(parts: StatsReportParts) {
    this.#parts = parts;
  }

  /** JSON of SessionStats; undefined for a session without, which is no reason to fail it, and for one of no account. */
  take(item: Grant, meter: Meter): string | undefined {
    const { statistics, folder, log } = this.#parts;
    try {
      const isBrief = statistics.isBrief(item, meter);
      if (isBrief && folder === null) return undefined;
      const stats = statistics.get(item, meter);
      if (folder !== null) this.#dump(folder, item, stats);
      if (stats.graph_stats.wall_time_seconds >= TABLE_FROM_SECONDS) log('info', table(item.session_id, stats));
      return isBrief ? undefined : JSON.stringify(stats);
    } catch (error) {
      if (error instanceof StatsNotFoundError) return undefined;
      throw error;
    } finally {
      statistics.reset(item);
    }
  }

  /** One file a run, since a session may run in parts. A folder that cannot be written costs no session. */
  #dump(folder: string, { session_id, fence }: Grant, stats: SessionStats): void {
    const text = `${JSON.stringify(dumped(session_id, stats), null, 2)}\n`;
    try {
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(path.join(folder, statsFile(session_id, fence)), text);
    } catch (error) {
      this.#parts.log('warn', `the statistics are not written: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** Session ids have a colon, which not every file system takes. */
export const statsFile = (session_id: string, fence: number): string =>
  `${session_id.replaceAll(/[^\w.-]/g, '_')}.${fence}.json`;

/** In the shape of InvokeAI's `as_dict`, with what it has no name for behind. */
function dumped(graph_execution_state_id: string, { graph_stats, ...stats }: SessionStats): object {
  return { graph_stats: { graph_execution_state_id, ...graph_stats }, ...stats };
}

/** For people: a line of sums, then a line for each node type, the slowest first. */
export function table(session_id: string, stats: SessionStats): string {
  const { graph_stats, transfer, model_load_seconds, invocation_cache, node_stats } = stats;
  const sums = [
    `${seconds(graph_stats.wall_time_seconds)} in all`,
    `${seconds(graph_stats.execution_time_seconds)} in nodes`,
    ...(model_load_seconds === undefined ? [] : [`${seconds(model_load_seconds)} loading models`]),
    ...(transfer ? [`${seconds(transfer.seconds)} waiting for assets`] : []),
    ...(invocation_cache ? [`${invocation_cache.hits} cache hits`] : []),
    ...(graph_stats.ram_usage_gb === undefined ? [] : [`${graph_stats.ram_usage_gb.toFixed(2)} GB of memory`]),
  ];
  const rows = [...node_stats]
    .sort((a, b) => b.time_used_seconds - a.time_used_seconds)
    .map(({ node_type, num_calls, time_used_seconds }) => [node_type, String(num_calls), seconds(time_used_seconds)]);
  const all = [['node', 'calls', 'seconds'], ...rows];
  const width = (column: number) => Math.max(...all.map((row) => row[column]?.length ?? 0));
  const [first, second, third] = [width(0), width(1), width(2)];
  const lines = all.map(
    ([node = '', calls = '', took = '']) =>
      `  ${node.padEnd(first)}  ${calls.padStart(second)}  ${took.padStart(third)}`,
  );
  return [`session ${session_id}: ${sums.join(', ')}`, ...lines].join('\n');
}

const seconds = (value: number): string => `${value.toFixed(3)} s`;
