/**
 * What each session takes: a hook beside its nodes, as the origin collects it. Figures stand in memory from the start of
 * a session to its end; then they are taken once, for the queue, the folder of `--stats` and the log. A session of some
 * microseconds is one of thousands a second, so nothing here costs more than a few of them.
 */
import { NODE_STATS_MAX } from '../../contract/limits.ts';
import type { NodeStats, SessionStats } from '../../contract/queue/statistics.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import type { ModelCacheFigures } from '../models/model-loader-registry.ts';
import type { Outcome, SessionHooks } from './hooks.ts';
import type { Meter } from './meter.ts';

/** There are no figures of such a session: it has not begun, or they were taken. */
export class StatsNotFoundError extends Error {
  override name = 'StatsNotFoundError';
}

/** Reading the size of a process costs 40 µs, so it is read only so often. */
const MEMORY_EVERY_MS = 50;
const BYTES_PER_GB = 2 ** 30;

/** What a shorter session took is told by the times of its results: a report would cost more than the session. */
export const REPORTED_FROM_SECONDS = 0.1;

interface NodeTally {
  calls: number;
  seconds: number;
  hits: number;
  failures: number;
}

interface Run {
  from: number;
  /** Of the whole run, once it has ended, and how it did. */
  seconds: number | null;
  outcome: Outcome | null;
  nodes: Map<string, NodeTally>;
  hits: number;
  memory: Sample;
  /** These two as they were when it began. */
  misses: number;
  models: ModelCacheFigures | undefined;
}

interface Sample {
  at: number;
  bytes: number;
}

export interface SessionStatsParts {
  /** Milliseconds, monotonic. */
  now: () => number;
  /** Bytes of this process that are resident. */
  memory: () => number;
  /** How often the invocation cache was asked in vain, ever; it is not asked for nodes that are quicker than asking. */
  cacheMisses?: () => number;
  /** What the memory of models says of itself. */
  models?: () => ModelCacheFigures;
}

type EventOf<Name extends keyof SessionHooks> = Parameters<SessionHooks[Name]>[0];

export class SessionStatistics
  implements Pick<SessionHooks, 'before_session' | 'after_node' | 'node_error' | 'after_session'>
{
  readonly #parts: SessionStatsParts;
  /** What nobody takes goes with its grant. */
  readonly #runs = new WeakMap<Grant, Run>();
  #sample: Sample;

  constructor(parts: SessionStatsParts) {
    this.#parts = parts;
    this.#sample = { at: parts.now(), bytes: parts.memory() };
  }

  before_session({ item }: EventOf<'before_session'>): void {
    const from = this.#parts.now();
    const memory = this.#memory(from);
    const models = this.#parts.models?.();
    this.#runs.set(item, {
      ...{ from, seconds: null, outcome: null, nodes: new Map() },
      ...{ hits: 0, misses: this.#misses(), memory, models },
    });
  }

  after_node({ item, invocation, seconds, cached }: EventOf<'after_node'>): void {
    const run = this.#runs.get(item);
    if (!run) return;
    const tally = tallyOf(run, invocation.type);
    tally.calls += 1;
    tally.seconds += seconds;
    if (!cached) return;
    tally.hits += 1;
    run.hits += 1;
  }

  node_error({ item, invocation, seconds }: EventOf<'node_error'>): void {
    const run = this.#runs.get(item);
    if (!run || !invocation) return;
    const tally = tallyOf(run, invocation.type);
    tally.calls += 1;
    tally.seconds += seconds;
    tally.failures += 1;
  }

  after_session({ item, seconds, outcome }: EventOf<'after_session'>): void {
    const run = this.#runs.get(item);
    if (!run) return;
    run.seconds = seconds;
    run.outcome = outcome;
  }

  /** Whether the run's results tell all there is: it completed soon, and waited for no model and no asset. */
  isBrief(item: Grant, meter: Meter): boolean {
    const run = this.#runs.get(item);
    if (run?.outcome !== 'completed' || (run.seconds ?? 0) >= REPORTED_FROM_SECONDS) return false;
    return meter.model_load_seconds + meter.bytes_read + meter.bytes_written + meter.asset_seconds === 0;
  }

  /** The figures so far; throws StatsNotFoundError. */
  get(item: Grant, meter: Meter): SessionStats {
    const run = this.#runs.get(item);
    if (!run) throw new StatsNotFoundError(`there are no statistics of session ${item.session_id}`);
    const now = this.#parts.now();
    let execution = 0;
    for (const { seconds } of run.nodes.values()) execution += seconds;
    return {
      graph_stats: {
        execution_time_seconds: rounded(execution),
        wall_time_seconds: rounded(run.seconds ?? (now - run.from) / 1_000),
        ...this.#memoryOf(run, now),
      },
      node_stats: nodeStats(run.nodes),
      ...modelsOf(run.models, this.#parts.models?.()),
      ...(meter.model_load_seconds > 0 ? { model_load_seconds: rounded(meter.model_load_seconds) } : {}),
      ...this.#cacheOf(run),
      ...transferOf(meter),
    };
  }

  reset(item: Grant): void {
    this.#runs.delete(item);
  }

  #misses(): number {
    return this.#parts.cacheMisses?.() ?? 0;
  }

  #cacheOf({ hits, misses: before }: Run): Pick<SessionStats, 'invocation_cache'> {
    // Somebody may have cleared it, and its counters, meanwhile.
    const misses = Math.max(0, this.#misses() - before);
    return hits + misses > 0 ? { invocation_cache: { hits, misses } } : {};
  }

  /** What the process took at the end; the change is known where it was looked at in between. */
  #memoryOf(run: Run, now: number): { ram_usage_gb: number; ram_change_gb?: number } {
    const end = this.#memory(now);
    const ram_usage_gb = rounded(end.bytes / BYTES_PER_GB);
    if (end === run.memory) return { ram_usage_gb };
    return { ram_usage_gb, ram_change_gb: rounded((end.bytes - run.memory.bytes) / BYTES_PER_GB) };
  }

  #memory(now: number): Sample {
    if (now - this.#sample.at >= MEMORY_EVERY_MS) this.#sample = { at: now, bytes: this.#parts.memory() };
    return this.#sample;
  }
}

function tallyOf({ nodes }: Run, type: string): NodeTally {
  let tally = nodes.get(type);
  if (!tally) {
    tally = { calls: 0, seconds: 0, hits: 0, failures: 0 };
    nodes.set(type, tally);
  }
  return tally;
}

/** In the order in which the types first ran; of very many, those that took longest. */
function nodeStats(nodes: ReadonlyMap<string, NodeTally>): NodeStats[] {
  const stats: NodeStats[] = [];
  for (const [node_type, { calls, seconds, hits, failures }] of nodes)
    stats.push({
      node_type,
      num_calls: calls,
      time_used_seconds: rounded(seconds),
      ...(hits > 0 ? { cache_hits: hits } : {}),
      ...(failures > 0 ? { failures } : {}),
    });
  if (stats.length <= NODE_STATS_MAX) return stats;
  return stats.sort((a, b) => b.time_used_seconds - a.time_used_seconds).slice(0, NODE_STATS_MAX);
}

/** What the memory of models did meanwhile, when it was asked for any. */
function modelsOf(
  before: ModelCacheFigures | undefined,
  after: ModelCacheFigures | undefined,
): Pick<SessionStats, 'model_cache_stats'> {
  if (!before || !after || (before.hits === after.hits && before.misses === after.misses)) return {};
  return {
    model_cache_stats: {
      high_water_mark_gb: rounded(after.high_water_mark / BYTES_PER_GB),
      cache_size_gb: rounded(after.cache_size / BYTES_PER_GB),
      total_usage_gb: rounded(after.total_usage / BYTES_PER_GB),
      cache_hits: after.hits - before.hits,
      cache_misses: after.misses - before.misses,
      models_cached: after.models_cached,
      models_cleared: after.models_cleared - before.models_cleared,
    },
  };
}

function transferOf({ bytes_read, bytes_written, asset_seconds }: Meter): Pick<SessionStats, 'transfer'> {
  if (bytes_read === 0 && bytes_written === 0 && asset_seconds === 0) return {};
  return { transfer: { bytes_read, bytes_written, seconds: rounded(asset_seconds) } };
}

/** To a millionth: more digits say nothing, and each costs a byte. */
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
