/**
 * A runner that speaks the protocol as the agent does (gpu-runner/agent/): a small buffer, numbered claims, callbacks in
 * order per item over the agent's own outbox, heartbeats that name what is held, drain. Its device runs one session at a
 * time. It may die at any moment, and start again as another process.
 */
import type { CallbackEntry, CallbacksResult } from '../../contract/runner/callbacks.ts';
import type { ClaimRequest, ClaimResult, Grant } from '../../contract/runner/claim.ts';
import type { HeartbeatResult } from '../../contract/runner/heartbeat.ts';
import type { RegisterResult } from '../../contract/runner/register.ts';
import type { RunnerOrder } from '../../contract/runner/socket.ts';
import { ENGINE_VERSION, PROTOCOL_VERSION } from '../../contract/version.ts';
import type { CommandName } from '../../edge/queue/commands.ts';
import type { Answer } from '../../edge/queue/refusal.ts';
import { Outbox, type Posted } from '../../gpu-runner/agent/outbox.ts';
import { RUNNER } from '../support/queue-fixture.ts';
import { NOWHERE } from './invariants/callbacks.ts';
import type { Network } from './network.ts';
import { type SimulatedObject, Unreachable, type World } from './object.ts';
import type { SimulatedSocket } from './sockets.ts';

export interface Held {
  ticket: number;
  grant: Grant;
  work: 'buffered' | 'running' | 'done';
  lease: 'held' | 'closing' | 'closed';
  results: number;
  canceled: boolean;
}

interface Claim extends ClaimRequest {
  epoch: number;
  /** How often work had been announced when it was made. */
  announcements: number;
}

export interface RunnerParts {
  world: World;
  network: Network;
  object: SimulatedObject;
  /** The ids of the nodes of a batch's graph. */
  nodesOf: (batch_id: string) => readonly string[];
}

/** Items to have unfinished at a time, and entries in one post. */
const BUFFER = 3;
const ENTRIES = 8;
const RETRY_MS = 500;

const LAST: readonly CallbackEntry['kind'][] = [
  'session_complete',
  'session_failed',
  'session_released',
  'session_stopped',
  'invocation_error',
];
type Body<Entry = CallbackEntry> = Entry extends CallbackEntry ? Omit<Entry, 'item_id' | 'fence' | 'token'> : never;

export class SimulatedRunner {
  readonly name: string;
  readonly types: Record<string, string>;
  readonly #parts: RunnerParts;
  /** Counts processes: what an earlier one began means nothing to the next. */
  #life = 0;
  isAlive = false;
  runner_id = '';
  #registration: RegisterResult | null = null;
  #registering = false;
  #socket: SimulatedSocket | null = null;
  readonly #held = new Map<number, Held>();
  #outbox = new Outbox();
  #tickets = 0;
  #claims = 0;
  #answered = 0;
  #claim: Claim | null = null;
  #announcements = 0;
  #isDry = false;
  #isBusy = false;
  #isDraining = false;

  constructor(name: string, types: Record<string, string>, parts: RunnerParts) {
    this.name = name;
    this.types = types;
    this.#parts = parts;
  }

  /** What it works on or still has something to say about. */
  get held(): Held[] {
    return [...this.#held.values()];
  }

  // Its process.

  start(): void {
    if (this.isAlive) return;
    const { random } = this.#parts.world;
    this.isAlive = true;
    this.#life += 1;
    // Most often a process has an id of its own; some keep theirs.
    if (this.runner_id === '' || random.chance(0.7)) this.runner_id = `${this.name}.${this.#life}`;
    this.#isDraining = false;
    this.#isBusy = false;
    this.#registering = false;
    this.#forget();
    this.#parts.world.trace.add(`${this.runner_id} starts`);
    this.#register();
  }

  die(): void {
    if (!this.isAlive) return;
    this.#parts.world.trace.add(`${this.runner_id} dies`);
    this.isAlive = false;
    this.#life += 1;
    this.#socket?.break();
  }

  /** Within the present process. */
  #later(delay: number, happen: () => void): void {
    const life = this.#life;
    this.#parts.world.timeline.after(delay, () => {
      if (life === this.#life) happen();
    });
  }

  #call(name: CommandName, input: object, told: string, done: (answer: Answer<unknown> | null) => void): void {
    const life = this.#life;
    const { network, object } = this.#parts;
    network.call(
      `${this.runner_id} ${name} ${told}`,
      () => object.command(name, RUNNER, structuredClone(input)),
      (answer) => {
        if (life === this.#life) done(answer);
      },
    );
  }

  // Registration.

  get #identity(): { runner_id: string; epoch: number } {
    return { runner_id: this.runner_id, epoch: this.#registration?.epoch ?? 0 };
  }

  /** Everything of a registration that is over: its leases are not this runner's any more. */
  #forget(): void {
    this.#registration = null;
    this.#held.clear();
    this.#outbox = new Outbox();
    this.#claim = null;
    this.#claims = 0;
    this.#answered = 0;
    this.#isDry = false;
  }

  #register(): void {
    if (this.#registering) return;
    this.#registering = true;
    const { runner_id, name, types } = this;
    const body = {
      protocol: PROTOCOL_VERSION,
      runner_id,
      name,
      engine: ENGINE_VERSION,
      types,
      devices: [{ id: 'cpu' }],
    };
    this.#call('register', body, '', (answer) => {
      this.#registering = false;
      if (!answer?.ok) return this.#later(RETRY_MS, () => this.#register());
      this.#forget();
      this.#registration = answer.value as RegisterResult;
      this.#socket?.break();
      this.#connect();
      this.#planHeartbeat();
      this.#exchange();
    });
  }

  /** Whether the queue said that the registration is over. */
  #isOver(answer: Answer<unknown> | null): boolean {
    if (answer === null || answer.ok || answer.problem.code !== 'conflict') return false;
    this.#forget();
    this.#register();
    return true;
  }

  // Its socket.

  #connect(): void {
    const { object, world } = this.#parts;
    const { epoch } = this.#identity;
    this.#later(world.random.delay(30, 3_000), () => {
      if (this.#registration?.epoch !== epoch || this.#socket?.isOpen) return;
      const life = this.#life;
      const far = {
        message: (text: string) => {
          if (life === this.#life) this.#order(JSON.parse(text) as RunnerOrder);
        },
        closed: () => {
          if (life === this.#life) this.#later(world.random.delay(200, 5_000), () => this.#connect());
        },
      };
      try {
        this.#socket = object.openRunner(RUNNER, this.runner_id, epoch, far);
        world.trace.add(`${this.runner_id} ${this.#socket ? 'opens its socket' : 'is refused a socket'}`);
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        this.#later(RETRY_MS, () => this.#connect());
      }
    });
  }

  breakSocket(): void {
    this.#socket?.break();
  }

  #order(order: RunnerOrder): void {
    switch (order.order) {
      case 'wake':
        this.#announced();
        return;
      case 'cancel':
        this.#cancel(order.item_ids);
        return;
      case 'recall':
        for (const held of this.#ofLeases(order.leases)) if (held.work === 'buffered') this.#lost(held);
        this.#exchange();
        return;
      case 'stop':
        for (const held of this.#ofLeases(order.leases)) this.#lost(held);
        this.#exchange();
        return;
      case 'drain':
        this.drain();
        return;
    }
  }

  #ofLeases(leases: readonly { item_id: number; fence: number }[]): Held[] {
    return this.held.filter(({ grant }) =>
      leases.some((lease) => lease.item_id === grant.item_id && lease.fence === grant.fence),
    );
  }

  #announced(): void {
    this.#announcements += 1;
    this.#isDry = false;
    this.#exchange();
  }

  // The exchange: one request at a time, with what may go and a claim when there is room.

  #exchange(): void {
    if (this.#isBusy || !this.#registration) return;
    const posted = this.#outbox.take({ entries: ENTRIES, characters: 1_000_000 });
    const claim = this.#nextClaim();
    if (posted.length === 0 && !claim) return;
    this.#isBusy = true;
    const { epoch } = this.#identity;
    const entries = posted.map(({ entry }) => JSON.parse(entry.json) as CallbackEntry);
    const { announcements: _, epoch: __, ...request } = claim ?? { announcements: 0, epoch: 0 };
    const told = [...entries.map(said), ...(claim ? [`claim ${claim.claim} for ${claim.max_items}`] : [])].join(', ');
    const done = (answer: Answer<unknown> | null) => this.#answeredExchange(epoch, posted, claim, answer);
    if (entries.length === 0) this.#call('claim', { ...this.#identity, ...request }, told, done);
    else this.#call('callbacks', { ...this.#identity, entries, ...(claim ? { claim: request } : {}) }, told, done);
  }

  #nextClaim(): Claim | null {
    if (this.#claim) return this.#claim;
    const unfinished = this.held.filter((held) => held.work !== 'done').length;
    const max_items = BUFFER - unfinished;
    if (this.#isDraining || this.#isDry || max_items <= 0) return null;
    const { epoch } = this.#identity;
    const announcements = this.#announcements;
    this.#claim = { claim: ++this.#claims, max_items, batches: [], models: [], epoch, announcements };
    return this.#claim;
  }

  #answeredExchange(
    epoch: number,
    posted: readonly Posted[],
    claim: Claim | null,
    answer: Answer<unknown> | null,
  ): void {
    this.#isBusy = false;
    // The registration was renewed meanwhile; what is said about the old one is said to nobody.
    if (this.#identity.epoch !== epoch) {
      this.#exchange();
      return;
    }
    if (!answer?.ok) {
      this.#outbox.unsent();
      if (!this.#isOver(answer)) this.#later(this.#parts.world.random.delay(RETRY_MS, 5_000), () => this.#exchange());
      return;
    }
    const { answers, claim: result } =
      posted.length > 0 ? (answer.value as CallbacksResult) : { answers: [], claim: answer.value as ClaimResult };
    for (const { ticket, outcome } of this.#outbox.settle(posted, answers)) {
      const held = this.#held.get(ticket);
      if (!held) this.#outbox.drop(ticket);
      else if (outcome === 'finished') this.#close(held);
      else if (outcome === 'lost') this.#lost(held);
      else
        this.#replaceRest(
          held,
          outcome === 'missing'
            ? { kind: 'session_released', reason: 'missing' }
            : { kind: 'session_failed', results: 0, error: anError('ProcessorError') },
        );
    }
    if (claim && result) this.#granted(claim, result);
    else if (posted.some(({ entry }) => LAST.includes(entry.kind))) this.#isDry = false;
    this.#work();
    this.#exchange();
  }

  #granted(claim: Claim, { grants }: ClaimResult): void {
    this.#claim = null;
    this.#answered = claim.claim;
    this.#isDry = grants.length < claim.max_items && claim.announcements === this.#announcements;
    for (const grant of grants) {
      const older = this.held.find((held) => held.grant.item_id === grant.item_id);
      if (older?.grant.fence === grant.fence) continue;
      if (older) this.#lost(older);
      const ticket = ++this.#tickets;
      this.#held.set(ticket, {
        ticket,
        grant,
        work: 'buffered',
        lease: 'held',
        results: grant.results.length,
        canceled: false,
      });
    }
    if (this.#isDraining) this.drain();
  }

  // What it holds.

  #say(held: Held, body: Body): void {
    if (held.lease !== 'held') return;
    const { item_id, fence, token } = held.grant;
    if (body.kind === 'invocation_complete' || body.kind === 'invocation_error') held.results += 1;
    if (LAST.includes(body.kind)) held.lease = 'closing';
    this.#outbox.append(held.ticket, { kind: body.kind, json: JSON.stringify({ item_id, fence, token, ...body }) });
  }

  #close(held: Held): void {
    this.#outbox.drop(held.ticket);
    held.lease = 'closed';
    if (held.work !== 'running') this.#held.delete(held.ticket);
  }

  #lost(held: Held): void {
    held.canceled = true;
    if (held.work === 'buffered') held.work = 'done';
    this.#close(held);
  }

  #replaceRest(held: Held, body: Body): void {
    this.#outbox.drop(held.ticket);
    held.lease = 'held';
    held.canceled = true;
    if (held.work === 'buffered') held.work = 'done';
    this.#say(held, body);
  }

  /** Of a user: the queue has decided, only the work is left to stop. */
  #cancel(item_ids: readonly number[]): void {
    for (const held of this.held) {
      if (!item_ids.includes(held.grant.item_id) || held.lease !== 'held' || held.canceled) continue;
      held.canceled = true;
      if (held.work === 'buffered') {
        held.work = 'done';
        this.#say(held, { kind: 'session_stopped' });
      }
    }
    this.#exchange();
  }

  // The device: one session at a time, node by node.

  #work(): void {
    if (this.held.some((held) => held.work === 'running')) return;
    const held = this.held.find((each) => each.work === 'buffered');
    if (!held) return;
    held.work = 'running';
    this.#say(held, { kind: 'session_started', device: 'cpu' });
    this.#exchange();
    const done = new Set(held.grant.results.map((result) => result.invocation_id));
    this.#node(
      held,
      this.#parts.nodesOf(held.grant.batch_id).filter((node) => !done.has(node)),
    );
  }

  #node(held: Held, nodes: readonly string[]): void {
    const { random, timeline } = this.#parts.world;
    const [node, ...rest] = nodes;
    if (held.canceled || node === undefined) {
      this.#ended(held, { kind: 'session_complete', results: held.results });
      return;
    }
    if (random.chance(0.01)) {
      this.#ended(held, { kind: 'session_released', reason: 'the device restarts' });
      return;
    }
    if (random.chance(0.01)) {
      this.#ended(held, { kind: 'session_failed', results: held.results, error: anError('ProcessorError') });
      return;
    }
    const at = new Date(timeline.wall).toISOString();
    this.#say(held, { kind: 'invocation_started', invocation_id: random.chance(0.005) ? NOWHERE : node, at });
    this.#exchange();
    const took = random.delay(200, 20_000, 0.01);
    this.#later(took, () => {
      const done = { invocation_id: node, started_at: at, completed_at: at, seconds: took / 1_000 };
      if (held.canceled) return this.#ended(held, { kind: 'session_stopped' });
      if (random.chance(0.03))
        return this.#ended(held, { kind: 'invocation_error', ...done, error: anError('ValueError') });
      this.#say(held, {
        kind: 'invocation_complete',
        ...done,
        result: { type: 'integer_output', value: took },
        cached: false,
      });
      this.#node(held, rest);
    });
  }

  #ended(held: Held, body: Body): void {
    this.#say(held, held.canceled ? { kind: 'session_stopped' } : body);
    held.work = 'done';
    if (held.lease === 'closed') this.#held.delete(held.ticket);
    this.#work();
    this.#exchange();
  }

  // Heartbeats.

  #planHeartbeat(): void {
    const registration = this.#registration;
    if (!registration) return;
    const { random } = this.#parts.world;
    this.#later(registration.heartbeat_seconds * random.between(900, 1_000), () => {
      if (registration !== this.#registration) return;
      this.#beat();
      this.#planHeartbeat();
    });
  }

  #beat(): void {
    const held = this.held
      .filter((each) => each.lease !== 'closed')
      .map(({ grant: { item_id, fence } }) => ({ item_id, fence }));
    const body = { ...this.#identity, claim: this.#answered, held, draining: this.#isDraining };
    const { epoch } = this.#identity;
    const isLast = this.#isDraining && held.length === 0 && !this.#claim;
    const told = `[${held.map((lease) => lease.item_id).join(' ')}]${this.#isDraining ? ' draining' : ''}`;
    this.#call('heartbeat', body, told, (answer) => {
      if (this.#identity.epoch !== epoch) return;
      if (isLast && answer?.ok) return this.die();
      if (!answer?.ok) {
        if (isLast && answer) return this.die();
        return void this.#isOver(answer);
      }
      const { canceled, gone, claimable } = answer.value as HeartbeatResult;
      const named = (item_id: number) => this.#ofLeases(held.filter((lease) => lease.item_id === item_id));
      this.#cancel(canceled.filter((item_id) => named(item_id).length > 0));
      for (const each of gone.flatMap(named)) this.#lost(each);
      if (claimable) this.#announced();
    });
  }

  /** Claims nothing more, gives back what has not started, and leaves when the rest is done. */
  drain(): void {
    if (!this.#isDraining) this.#parts.world.trace.add(`${this.runner_id} drains`);
    this.#isDraining = true;
    for (const held of this.held) {
      if (held.work !== 'buffered') continue;
      held.work = 'done';
      this.#say(held, { kind: 'session_released', reason: 'drained' });
    }
    this.#exchange();
  }
}

const said = (entry: CallbackEntry): string =>
  `${entry.item_id}/${entry.fence} ${entry.kind.replace(/^session_|^invocation_/, '')}${'invocation_id' in entry ? ` ${entry.invocation_id}` : ''}`;

const anError = (error_type: string) => ({ error_type, error_message: 'as the dice fell', error_traceback: null });
