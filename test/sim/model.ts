/**
 * The reference model: what the queue must look like, as plain maps. It knows items, leases and runners, and nothing of
 * rows, indexes or ranges; the files in invariants/ move it along and compare.
 */
import { DEFAULT_QUEUE_SETTINGS, type QueueSettings } from '../../contract/queue/queue.ts';
import type { Status } from '../../contract/queue/status.ts';
import type { Fact } from '../../edge/queue/fact.ts';

export interface Batch {
  batch_no: number;
  batch_id: string;
  user_id: string;
  /** What its items need, `type` → version. */
  types: Record<string, string>;
  lane: number;
  start_after: number | null;
  deadline: number | null;
  max_run_seconds: number | null;
  /** Items that are not final. */
  open: number;
}

export interface Item {
  item_id: number;
  batch: Batch;
  status: Status;
  fence: number;
  token: string | null;
  holder: Runner | null;
  running: string | null;
  /** Starts since its last new result. */
  charged: number;
  /** Leases in a row that were lost with their runners before they started. */
  losses: number;
  /** The item that made it by a workflow call, which waits for it. */
  parent: Item | null;
  children: Item[];
  /** JSON of what each recorded invocation came to, in order. */
  results: Map<string, string>;
  /** Fences of the runs that were reported on. */
  reports: Set<number>;
  run_until: number | null;
  priority: number;
  place: number;
  /** Runs what an older item ran; its batch's times are not its own. */
  isRetry: boolean;
  removed: boolean;
  /** As of the last transaction. */
  claimable: boolean;
}

export interface Runner {
  runner_no: number;
  runner_id: string;
  epoch: number;
  types: Record<string, string>;
  /** Neither lost nor drained. */
  present: boolean;
  /** It is not lost before, in wall time. */
  expires_at: number;
  /** How long it may be silent: what it was told, and longer while it does not say that it knows. */
  timeout_ms: number;
  draining: boolean;
  claim: number;
  /** [item, fence] of its last claim. */
  granted: [number, number][];
  /** How many more items its last claim would have taken, unless it was woken since. */
  wanting: number;
}

const FINAL: readonly Status[] = ['completed', 'failed', 'canceled'];
export const isFinal = (status: Status): boolean => FINAL.includes(status);

/** What an item may do next, as a person would say it. */
export const NEXT: Record<Status, readonly Status[]> = {
  pending: ['in_progress', 'failed', 'canceled'],
  in_progress: ['pending', 'waiting', 'completed', 'failed', 'canceled'],
  waiting: ['pending', 'completed', 'failed', 'canceled'],
  completed: [],
  failed: [],
  canceled: [],
};

export const canRun = (runner: Runner, batch: Batch): boolean =>
  Object.entries(batch.types).every(([type, version]) => runner.types[type] === version);

export class Model {
  settings: QueueSettings = DEFAULT_QUEUE_SETTINGS;
  paused = false;
  readonly items = new Map<number, Item>();
  readonly batches = new Map<number, Batch>();
  readonly runners = new Map<number, Runner>();
  /** Every fact by its sequence; the first stands at 1. */
  readonly facts: (Fact | null)[] = [null];
  /** Items that are not final. */
  readonly open = new Set<Item>();
  /** By idempotency key: what the first call was answered, and when. */
  readonly answered = new Map<string, { first_item_id: number; at: number }>();
  /** Who recorded a result that may be kept, by its JSON, since the invocation cache was emptied. */
  readonly keepers = new Map<string, Set<Item>>();
  /** What was granted before that, and may hold results of before. */
  readonly outdated = new Set<Item>();
  /** Device seconds that were recorded, by user. */
  readonly worked = new Map<string, number>();
  /** Counts by status: of the queue, of batches by number, and of users. */
  readonly counts = new Map<string, Record<Status, number>>();

  get sequence(): number {
    return this.facts.length - 1;
  }

  countsOf(owner: string): Record<Status, number> {
    let counts = this.counts.get(owner);
    if (!counts) {
      counts = { pending: 0, in_progress: 0, waiting: 0, completed: 0, failed: 0, canceled: 0 };
      this.counts.set(owner, counts);
    }
    return counts;
  }

  #count(item: Item, status: Status, by: number): void {
    for (const owner of ['queue', `batch ${item.batch.batch_no}`, `user ${item.batch.user_id}`])
      this.countsOf(owner)[status] += by;
  }

  add(item_id: number, batch: Batch, priority: number, isRetry: boolean): Item {
    const item: Item = {
      ...{
        item_id,
        batch,
        status: 'pending',
        fence: 0,
        token: null,
        holder: null,
        running: null,
        charged: 0,
        losses: 0,
        parent: null,
        children: [],
      },
      ...{ results: new Map(), reports: new Set(), run_until: null, priority, place: item_id, isRetry },
      ...{ removed: false, claimable: false },
    };
    this.items.set(item_id, item);
    this.open.add(item);
    batch.open += 1;
    this.#count(item, 'pending', 1);
    return item;
  }

  move(item: Item, status: Status): void {
    this.#count(item, item.status, -1);
    this.#count(item, status, 1);
    item.status = status;
    if (status !== 'in_progress') {
      item.holder = null;
      item.running = null;
      item.run_until = null;
    }
    if (!isFinal(status)) return;
    this.open.delete(item);
    item.batch.open -= 1;
  }

  remove(item: Item): void {
    this.#count(item, item.status, -1);
    item.removed = true;
  }

  /** Waits for nothing but a runner. */
  isDue(item: Item, now: number): boolean {
    const { start_after, deadline } = item.batch;
    const due = item.isRetry || ((start_after ?? 0) <= now && (deadline ?? Number.POSITIVE_INFINITY) > now);
    return due && item.status === 'pending' && item.holder === null;
  }

  /** May be granted at `now`, to whoever can run it. */
  isClaimable(item: Item, now: number): boolean {
    return !this.paused && this.isDue(item, now);
  }

  /** The top of an item's chain. */
  rootOf(item: Item): Item {
    return item.parent ? this.rootOf(item.parent) : item;
  }

  heldBy(runner: Runner): Item[] {
    return [...this.open].filter((item) => item.holder === runner);
  }

  runner(runner_id: string): Runner | undefined {
    for (const runner of this.runners.values()) if (runner.runner_id === runner_id) return runner;
    return undefined;
  }
}
