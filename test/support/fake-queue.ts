/**
 * A queue as its runners see it, in memory: items, leases and the answers to callbacks, by the edge's own decision
 * function. No events, no users, no deadlines.
 */
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import type { RunReport } from '../../contract/queue/statistics.ts';
import { isFinal } from '../../contract/queue/status.ts';
import type { CallbackEntry, CallbacksResult } from '../../contract/runner/callbacks.ts';
import type { ClaimRequest, ClaimResult, Grant } from '../../contract/runner/claim.ts';
import type { HeartbeatBody, HeartbeatResult, HeldLease } from '../../contract/runner/heartbeat.ts';
import type { RunnerIntervals } from '../../contract/runner/register.ts';
import { decide, type ItemState, moved } from '../../edge/queue/callback.ts';

export interface FakeItem {
  state: ItemState;
  batch_id: string;
  values: NodeFieldValue[];
  results: Grant['results'];
  /** Every entry that changed the item, in order: `session_started`, `invocation_complete n1`, … */
  log: string[];
  /** What was reported of its runs, by fence. */
  reports: Map<number, RunReport>;
}

const isOfNode = (entry: CallbackEntry): entry is Extract<CallbackEntry, { invocation_id: string }> =>
  'invocation_id' in entry;

export class FakeQueue {
  readonly items = new Map<number, FakeItem>();
  readonly #graphs = new Map<string, PinnedGraph>();
  readonly #kept = new Set<number>();
  #epoch = 0;
  #claim = 0;
  #claimed: number[] = [];
  /** False once a runner that drains has named nothing as held: it has said goodbye. */
  isRegistered = false;
  /** Of the call that enqueued the items. */
  traceparent: string | null = null;
  /** An admin wants its runner to go. */
  drain = false;
  /** Of everything that is granted. */
  limits: Pick<Grant, 'max_run_seconds' | 'max_node_seconds'> = { max_run_seconds: null, max_node_seconds: null };

  get epoch(): number {
    return this.#epoch;
  }

  enqueue(batch_id: string, graph: PinnedGraph, values: NodeFieldValue[][]): number[] {
    this.#graphs.set(batch_id, graph);
    return values.map((each) => {
      const item_id = this.items.size + 1;
      const state: ItemState = {
        ...{ item_id, batch_no: 1, backlog_no: 1, batch_index: 0, user_id: 'system' },
        ...{ status: 'pending', status_sequence: 0, fence: 0, token: null, runner_no: null, starts: 0, charged: 0 },
        ...{ charge: null, seconds: null, run_until: null, losses: 0 },
        ...{ results: 0, result_bytes: 0, running: null, device: null, error: null },
        ...{ leased_at: null, started_at: null, completed_at: null, updated_at: null },
      };
      this.items.set(item_id, { state, batch_id, values: each, results: [], log: [], reports: new Map() });
      return item_id;
    });
  }

  item(item_id: number): FakeItem {
    const item = this.items.get(item_id);
    if (!item) throw new Error(`no item ${item_id}`);
    return item;
  }

  /** What a runner held before is free: its process cannot know of it. */
  register(): number {
    for (const item of this.items.values()) this.#free(item);
    this.#claim = 0;
    this.#claimed = [];
    this.isRegistered = true;
    return ++this.#epoch;
  }

  #free(item: FakeItem): void {
    if (item.state.runner_no === null) return;
    item.state = item.state.status === 'in_progress' ? moved(item.state, 'requeue', 0) : item.state;
    item.state = { ...item.state, runner_no: null };
  }

  claim({ claim, max_items, batches }: ClaimRequest): ClaimResult {
    if (claim > this.#claim) {
      this.#claim = claim;
      const free = [...this.items.values()].filter(
        ({ state }) => state.status === 'pending' && state.runner_no === null && !this.#kept.has(state.item_id),
      );
      this.#claimed = free.slice(0, max_items).map((item) => {
        item.state = { ...item.state, runner_no: 1, fence: item.state.fence + 1, token: `t${item.state.fence + 1}` };
        return item.state.item_id;
      });
    }
    const granted = this.#claimed.map((item_id) => this.item(item_id)).filter(({ state }) => state.runner_no !== null);
    const unknown = new Set(granted.map((item) => item.batch_id).filter((batch_id) => !batches.includes(batch_id)));
    return {
      claim,
      grants: granted.map(({ state, batch_id, values, results }) => ({
        ...{ item_id: state.item_id, fence: state.fence, token: state.token ?? '', batch_id, values, results },
        ...{ session_id: `session-${state.item_id}`, user_id: 'system' },
        ...{ ...this.limits, traceparent: this.traceparent },
      })),
      batches: [...unknown].map((batch_id) => ({ batch_id, graph: this.#graph(batch_id) })),
    };
  }

  #graph(batch_id: string): PinnedGraph {
    const graph = this.#graphs.get(batch_id);
    if (!graph) throw new Error(`no batch ${batch_id}`);
    return graph;
  }

  apply(entries: readonly CallbackEntry[]): CallbacksResult['answers'] {
    return entries.map((entry) => {
      const item = this.items.get(entry.item_id);
      const decision = decide(item?.state ?? null, entry, {
        now: 0,
        runner_no: 1,
        isRecorded: (id) => item?.results.some(({ invocation_id }) => invocation_id === id) ?? false,
        isReported: () => item?.reports.has(entry.fence) ?? false,
        isKnown: (id) => this.#graph(item?.batch_id ?? '').nodes.some((node) => node.id === id),
        runSeconds: () => null,
      });
      if (item && decision.keepsReport && entry.kind === 'session_report') item.reports.set(entry.fence, entry.report);
      if (item && decision.item) {
        item.state = decision.item;
        item.log.push(isOfNode(entry) ? `${entry.kind} ${entry.invocation_id}` : entry.kind);
        if (entry.kind === 'invocation_complete')
          item.results = [...item.results, { invocation_id: entry.invocation_id, result: entry.result }];
      }
      return { answer: decision.answer, ...(decision.detail ? { detail: decision.detail } : {}) };
    });
  }

  heartbeat({ held, claim, draining }: HeartbeatBody): Omit<HeartbeatResult, keyof RunnerIntervals> {
    const canceled: number[] = [];
    const gone: number[] = [];
    const named = new Set<number>();
    for (const { item_id, fence } of held) {
      const { state } = this.item(item_id);
      if (state.fence === fence && state.status === 'canceled') canceled.push(item_id);
      else if (state.fence === fence && state.runner_no !== null) named.add(item_id);
      else gone.push(item_id);
    }
    const underWay = claim < this.#claim ? this.#claimed : [];
    for (const item of this.items.values())
      if (!named.has(item.state.item_id) && !underWay.includes(item.state.item_id)) this.#free(item);
    if (draining && held.length === 0) this.isRegistered = false;
    const claimable = [...this.items.values()].some(
      ({ state }) => state.status === 'pending' && state.runner_no === null,
    );
    return { canceled, gone, claimable, drain: this.drain };
  }

  cancel(item_id: number): void {
    const item = this.item(item_id);
    item.state = moved(item.state, 'cancel', 0);
  }

  /** Grants the item to nobody from now on, as if another runner had it. */
  hold(item_id: number): void {
    this.#kept.add(item_id);
  }

  /** What names the latest lease of an item to its holder. */
  lease(item_id: number): HeldLease {
    return { item_id, fence: this.item(item_id).state.fence };
  }

  /** A limit of time or a deadline has passed. */
  timeOut(item_id: number): void {
    const item = this.item(item_id);
    item.state = moved(item.state, 'fail', 0);
  }

  /** The queue decided otherwise: whoever holds the item learns that the lease is over. */
  revoke(item_id: number): void {
    this.#free(this.item(item_id));
  }

  get isDone(): boolean {
    return [...this.items.values()].every(({ state }) => isFinal(state.status));
  }
}
