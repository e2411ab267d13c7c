/**
 * What a simulated runner holds, and the device that works on it: one session at a time, node by node. What it reports
 * waits in the agent's own outbox (gpu-runner/agent/outbox.ts).
 */
import type { CallbackEntry, CallbacksResult } from '../../contract/runner/callbacks.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import type { WorkflowCall } from '../../edge/queue/children.ts';
import { Outbox, type Posted } from '../../gpu-runner/agent/outbox.ts';
import { NOWHERE } from './invariants/callbacks.ts';
import { workOf } from './invariants/taken.ts';
import type { World } from './object.ts';

export interface Held {
  ticket: number;
  grant: Grant;
  work: 'buffered' | 'running' | 'done';
  lease: 'held' | 'closing' | 'closed';
  results: number;
  canceled: boolean;
}

export interface WorkParts {
  world: World;
  /** The ids of the nodes of a batch's graph. */
  nodesOf: (batch_id: string) => readonly string[];
  /** Children for a workflow call. */
  childrenOf: (grant: Grant, workflow_call_id: string) => WorkflowCall;
  /** Within the life of the runner's process. */
  later: (delay: number, happen: () => void) => void;
  /** There is something to tell the queue. */
  changed: () => void;
  /** Calls a workflow; `done` hears whether it was answered at all. */
  callWorkflow: (call: WorkflowCall, done: (answered: boolean) => void) => void;
}

const LAST: readonly CallbackEntry['kind'][] = [
  'session_complete',
  'session_failed',
  'session_released',
  'session_stopped',
  'invocation_error',
];
export const isLast = (kind: CallbackEntry['kind']): boolean => LAST.includes(kind);

export type Body<Entry = CallbackEntry> = Entry extends CallbackEntry
  ? Omit<Entry, 'item_id' | 'fence' | 'token'>
  : never;

export class SimulatedWork {
  readonly outbox = new Outbox();
  readonly #parts: WorkParts;
  readonly #held = new Map<number, Held>();
  #tickets = 0;
  #isDraining = false;

  constructor(parts: WorkParts) {
    this.#parts = parts;
  }

  /** What it works on or still has something to say about. */
  get held(): Held[] {
    return [...this.#held.values()];
  }

  get unfinished(): number {
    return this.held.filter((held) => held.work !== 'done').length;
  }

  /** What a heartbeat names. */
  get leases(): { item_id: number; fence: number }[] {
    return this.held
      .filter((held) => held.lease !== 'closed')
      .map(({ grant: { item_id, fence } }) => ({ item_id, fence }));
  }

  granted(grants: readonly Grant[]): void {
    for (const grant of grants) {
      const older = this.held.find((held) => held.grant.item_id === grant.item_id);
      if (older?.grant.fence === grant.fence) continue;
      if (older) this.#lost(older);
      // Now and then one is lost on the way to a device: no heartbeat names it.
      if (this.#parts.world.random.chance(0.01)) continue;
      const ticket = ++this.#tickets;
      const results = grant.results.length;
      this.#held.set(ticket, { ticket, grant, work: 'buffered', lease: 'held', results, canceled: false });
    }
    if (this.#isDraining) this.drain();
    this.#work();
  }

  settle(posted: readonly Posted[], answers: CallbacksResult['answers']): void {
    for (const { ticket, outcome } of this.outbox.settle(posted, answers)) {
      const held = this.#held.get(ticket);
      if (!held) this.outbox.drop(ticket);
      else if (outcome === 'finished') this.#close(held);
      else if (outcome === 'lost') this.#lost(held);
      else if (outcome === 'missing') this.#replaceRest(held, { kind: 'session_released', reason: 'missing' });
      else this.#replaceRest(held, { kind: 'session_failed', results: 0, error: anError('ProcessorError') });
    }
    this.#work();
  }

  // Orders.

  #ofLeases(leases: readonly { item_id: number; fence: number }[]): Held[] {
    return this.held.filter(({ grant }) =>
      leases.some((lease) => lease.item_id === grant.item_id && lease.fence === grant.fence),
    );
  }

  recall(leases: readonly { item_id: number; fence: number }[]): void {
    for (const held of this.#ofLeases(leases)) if (held.work === 'buffered') this.#lost(held);
    this.#work();
  }

  /** These leases are over. */
  stop(leases: readonly { item_id: number; fence: number }[]): void {
    for (const held of this.#ofLeases(leases)) this.#lost(held);
    this.#work();
  }

  /** Of a user: the queue has decided, only the work is left to stop. */
  cancel(item_ids: readonly number[]): void {
    for (const held of this.held) {
      if (!item_ids.includes(held.grant.item_id) || held.lease !== 'held' || held.canceled) continue;
      held.canceled = true;
      if (held.work !== 'buffered') continue;
      held.work = 'done';
      this.#say(held, { kind: 'session_stopped' });
    }
  }

  /** Gives back what has not started. */
  drain(): void {
    this.#isDraining = true;
    for (const held of this.held) {
      if (held.work !== 'buffered') continue;
      held.work = 'done';
      this.#say(held, { kind: 'session_released', reason: 'drained' });
    }
  }

  // Leases.

  #say(held: Held, body: Body): void {
    if (held.lease !== 'held') return;
    const { item_id, fence, token } = held.grant;
    if (body.kind === 'invocation_complete' || body.kind === 'invocation_error') held.results += 1;
    if (isLast(body.kind)) held.lease = 'closing';
    this.outbox.append(held.ticket, { kind: body.kind, json: JSON.stringify({ item_id, fence, token, ...body }) });
  }

  #close(held: Held): void {
    this.outbox.drop(held.ticket);
    held.lease = 'closed';
    if (held.work !== 'running') this.#held.delete(held.ticket);
  }

  #lost(held: Held): void {
    held.canceled = true;
    if (held.work === 'buffered') held.work = 'done';
    this.#close(held);
  }

  #replaceRest(held: Held, body: Body): void {
    this.outbox.drop(held.ticket);
    held.lease = 'held';
    held.canceled = true;
    if (held.work === 'buffered') held.work = 'done';
    this.#say(held, body);
  }

  // The device.

  #work(): void {
    if (this.held.some((held) => held.work === 'running')) return;
    const held = this.held.find((each) => each.work === 'buffered');
    if (!held) return;
    held.work = 'running';
    this.#say(held, { kind: 'session_started', device: 'cpu' });
    this.#parts.changed();
    const done = new Set(held.grant.results.map((result) => result.invocation_id));
    const nodes = this.#parts.nodesOf(held.grant.batch_id).filter((node) => !done.has(node));
    this.#node(held, nodes);
  }

  #node(held: Held, nodes: readonly string[]): void {
    const [node, ...rest] = nodes;
    const body = this.#endBefore(held, node);
    if (body) this.#ended(held, body);
    else if (this.#parts.world.random.chance(0.02))
      this.#call(held, this.#parts.childrenOf(held.grant, `call ${node}`));
    else if (node !== undefined) this.#run(held, node, rest);
  }

  /** How the session ends before this node, if it does. */
  #endBefore({ canceled, results }: Held, node: string | undefined): Body | null {
    const { random } = this.#parts.world;
    if (canceled || node === undefined) return { kind: 'session_complete', results };
    if (random.chance(0.01)) return { kind: 'session_released', reason: 'the device restarts' };
    if (random.chance(0.01)) return { kind: 'session_failed', results, error: anError('ProcessorError') };
    return null;
  }

  #run(held: Held, node: string, rest: readonly string[]): void {
    const { random, timeline } = this.#parts.world;
    const at = new Date(timeline.wall).toISOString();
    this.#say(held, { kind: 'invocation_started', invocation_id: random.chance(0.005) ? NOWHERE : node, at });
    this.#parts.changed();
    const taken = held.grant.cached?.find(({ invocation_id }) => invocation_id === node);
    if (taken) {
      const done = { invocation_id: node, started_at: at, completed_at: at, seconds: 0 };
      this.#say(held, { kind: 'invocation_complete', ...done, result: taken.result, cached: true, keep: true });
      this.#node(held, rest);
      return;
    }
    const took = random.delay(200, 20_000, 0.01);
    this.#parts.later(took, () => {
      const done = { invocation_id: node, started_at: at, completed_at: at, seconds: took / 1_000 };
      if (held.canceled) this.#ended(held, { kind: 'session_stopped' });
      else if (random.chance(0.03))
        this.#ended(held, { kind: 'invocation_error', ...done, error: anError('ValueError') });
      else {
        const work = workOf(held.grant, node);
        const result = { type: 'integer_output', value: took, work };
        const keep = random.chance(0.3);
        this.#say(held, { kind: 'invocation_complete', ...done, result, cached: false, ...(keep ? { keep } : {}) });
        this.#node(held, rest);
      }
    });
  }

  /** The session waits for children from then on: its lease is over. */
  #call(held: Held, call: WorkflowCall): void {
    this.#parts.changed();
    // What was said before goes before.
    if (!this.outbox.isEmpty && held.lease === 'held') {
      this.#parts.later(50, () => this.#call(held, call));
      return;
    }
    this.#parts.callWorkflow(call, (answered) => {
      if (!answered && held.lease === 'held') {
        this.#call(held, call);
        return;
      }
      this.#lost(held);
      this.#ended(held, { kind: 'session_stopped' });
    });
  }

  /** Most runs are reported on, some twice, and some die before they are. */
  #report(held: Held): void {
    const { random, timeline } = this.#parts.world;
    const line = {
      at: new Date(timeline.wall).toISOString(),
      level: 'info' as const,
      message: `run ${held.grant.fence}`,
    };
    const times = random.pick([0, 1, 1, 1, 2]);
    for (let time = 0; time < times; time++) this.#say(held, { kind: 'session_report', report: { log: [line] } });
  }

  #ended(held: Held, body: Body): void {
    this.#report(held);
    this.#say(held, held.canceled ? { kind: 'session_stopped' } : body);
    held.work = 'done';
    if (held.lease === 'closed') this.#held.delete(held.ticket);
    this.#work();
    this.#parts.changed();
  }
}

const anError = (error_type: string) => ({ error_type, error_message: 'as the dice fell', error_traceback: null });
