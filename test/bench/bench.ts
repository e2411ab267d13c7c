// What a row of the bench is. A row lives in a file of its own, `test/bench/NAME.bench.ts`, as its default export.

export type Unit = '×' | 'ms' | 'µs' | 's' | 'items/s' | '%' | 'MB' | 'bytes';

/** What to reach: for the value, or for a percentile of it where one is given. */
export interface Target {
  at_most?: number;
  at_least?: number;
  p50?: number;
  p99?: number;
}

/** One figure, and how it is judged. */
export interface Figure {
  what: string;
  unit: Unit;
  target?: Target;
}

export interface Measurement {
  value: number;
  p50?: number;
  p99?: number;
  /** How many measurements the value stands for. */
  runs: number;
}

export interface Bench extends Figure {
  /** The name in the design's table; the file is named after it. */
  name: string;
  /** How often to measure unless --runs says otherwise. */
  runs: number;
  /** Further figures of the same measurement, printed and reported as `name.part`. */
  parts?: Record<string, Figure>;
  run(context: BenchContext): Promise<Measurement & { parts?: Record<string, Measurement> }>;
}

export interface BenchContext {
  runs: number;
  /** Shown while the row runs, never part of the result. */
  progress(done: number, total: number, note?: string): void;
  /** Aborted when the bench is stopped: end what was started, then return or throw. */
  signal: AbortSignal;
}

export function defineBench(bench: Bench): Bench {
  return bench;
}

/** Whether a measurement reaches its target; undefined when there is none. */
export function isMet(target: Target | undefined, measured: Measurement): boolean | undefined {
  if (target === undefined) return undefined;
  const { at_most, at_least, p50, p99 } = target;
  return (
    (at_most === undefined || measured.value <= at_most) &&
    (at_least === undefined || measured.value >= at_least) &&
    (p50 === undefined || (measured.p50 ?? measured.value) <= p50) &&
    (p99 === undefined || (measured.p99 ?? measured.value) <= p99)
  );
}
