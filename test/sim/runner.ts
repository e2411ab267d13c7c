/**
 * A runner that speaks the protocol as the agent does (gpu-runner/agent/): a small buffer, numbered claims, callbacks in
 * order per item over the agent's own outbox, heartbeats that name what is held, drain. Its device runs one session at a
 * time. It may die at any moment, and start again as another process.
 */
import type { CallbackEntry, CallbacksResult } from '../../contract/runner/callbacks.ts';
import type { ClaimRequest, ClaimResult } from '../../contract/runner/claim.ts';
import type { HeartbeatResult } from '../../contract/runner/heartbeat.ts';
import type { RegisterResult, RunnerIntervals } from '../../contract/runner/register.ts';
import type { RunnerOrder } from '../../contract/runner/socket.ts';
import { ENGINE_VERSION, PROTOCOL_VERSION } from '../../contract/version.ts';
import type { CommandName } from '../../edge/queue/commands.ts';
import type { Answer } from '../../edge/queue/refusal.ts';
import type { Posted } from '../../gpu-runner/agent/outbox.ts';
import { RUNNER } from '../support/queue-fixture.ts';
import type { Network } from './network.ts';
import { type SimulatedObject, Unreachable, type World } from './object.ts';
import type { SimulatedSocket } from './sockets.ts';
import { type Held, isLast, SimulatedWork, type WorkParts } from './work.ts';

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
  nodesOf: WorkParts['nodesOf'];
  childrenOf: WorkParts['childrenOf'];
}

/** Items to have unfinished at a time, and entries in one post. */
const BUFFER = 3;
const ENTRIES = 8;
const RETRY_MS = 500;

export class SimulatedRunner {
  readonly name: string;
  readonly types: Record<string, string>;
  readonly #parts: RunnerParts;
  /** Counts processes: what an earlier one began means nothing to the next. */
  #life = 0;
  isAlive = false;
  runner_id = '';
  #registration: RegisterResult | null = null;
  /** What the last heartbeat was answered. */
  #intervals: RunnerIntervals | null = null;
  #registering = false;
  #socket: SimulatedSocket | null = null;
  #work: SimulatedWork;
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
    this.#work = this.#newWork();
  }

  #newWork(): SimulatedWork {
    const { world, nodesOf, childrenOf, network, object } = this.#parts;
    // What an earlier registration began ends with it.
    const isCurrent = () => work === this.#work;
    const work: SimulatedWork = new SimulatedWork({
      ...{ world, nodesOf, childrenOf },
      later: (delay, happen) => this.#later(delay, () => isCurrent() && happen()),
      changed: () => this.#exchange(),
      callWorkflow: (call, done) =>
        network.call(
          `${this.runner_id} enqueue_children for ${call.item_id}`,
          () => object.command('enqueue_children', RUNNER, call),
          (answer) => isCurrent() && done(answer !== null),
        ),
    });
    return work;
  }

  /** What it works on or still has something to say about. */
  get held(): Held[] {
    return this.#work.held;
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
    this.#intervals = null;
    this.#work = this.#newWork();
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
        this.#work.recall(order.leases);
        this.#exchange();
        return;
      case 'stop':
        this.#work.stop(order.leases);
        this.#exchange();
        return;
      case 'drain':
        this.drain();
        return;
    }
  }

  #cancel(item_ids: readonly number[]): void {
    this.#work.cancel(item_ids);
    this.#exchange();
  }

  #announced(): void {
    this.#announcements += 1;
    this.#isDry = false;
    this.#exchange();
  }

  // The exchange: one request at a time, with what may go and a claim when there is room.

  #exchange(): void {
    if (this.#isBusy || !this.#registration) return;
    const posted = this.#work.outbox.take({ entries: ENTRIES, characters: 1_000_000 });
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
    const max_items = BUFFER - this.#work.unfinished;
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
      this.#work.outbox.unsent();
      if (!this.#isOver(answer)) this.#later(this.#parts.world.random.delay(RETRY_MS, 5_000), () => this.#exchange());
      return;
    }
    const { answers, claim: result } =
      posted.length > 0 ? (answer.value as CallbacksResult) : { answers: [], claim: answer.value as ClaimResult };
    this.#work.settle(posted, answers);
    if (claim && result) this.#granted(claim, result);
    else if (posted.some(({ entry }) => isLast(entry.kind))) this.#isDry = false;
    this.#exchange();
  }

  #granted(claim: Claim, { grants }: ClaimResult): void {
    this.#claim = null;
    this.#answered = claim.claim;
    this.#isDry = grants.length < claim.max_items && claim.announcements === this.#announcements;
    this.#work.granted(grants);
  }

  /** Says something that it has no right to, or that is plainly wrong. */
  post(entry: CallbackEntry): void {
    if (!this.isAlive || !this.#registration) return;
    this.#call('callbacks', { ...this.#identity, entries: [entry] }, `wrongly: ${said(entry)}`, () => {});
  }

  // Heartbeats.

  #planHeartbeat(): void {
    const registration = this.#registration;
    if (!registration) return;
    const { random } = this.#parts.world;
    const { heartbeat_seconds } = this.#intervals ?? registration;
    this.#later(heartbeat_seconds * random.between(900, 1_000), () => {
      if (registration !== this.#registration) return;
      this.#beat();
      this.#planHeartbeat();
    });
  }

  #beat(): void {
    const held = this.#work.leases;
    const timeout_seconds = (this.#intervals ?? this.#registration)?.timeout_seconds;
    const body = { ...this.#identity, claim: this.#answered, held, draining: this.#isDraining, timeout_seconds };
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
      const { canceled, gone, claimable, drain, ...intervals } = answer.value as HeartbeatResult;
      this.#intervals = intervals;
      const named = held.filter(({ item_id }) => gone.includes(item_id));
      this.#cancel(canceled);
      this.#work.stop(named);
      if (claimable) this.#announced();
      if (drain) this.drain();
    });
  }

  /** Claims nothing more, gives back what has not started, and leaves when the rest is done. */
  drain(): void {
    if (!this.#isDraining) this.#parts.world.trace.add(`${this.runner_id} drains`);
    this.#isDraining = true;
    this.#work.drain();
    this.#exchange();
  }
}

const said = (entry: CallbackEntry): string =>
  `${entry.item_id}/${entry.fence} ${entry.kind.replace(/^session_|^invocation_/, '')}${'invocation_id' in entry ? ` ${entry.invocation_id}` : ''}`;
