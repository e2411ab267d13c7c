/**
 * The queue's object on a simulated platform: as edge/queue/object.ts it routes calls to the shipped queue and carries
 * out what follows, over the shipped sockets. Here it may die at any statement, hibernate, restart, or be away for long.
 */
import type { QueueSettings } from '../../contract/queue/queue.ts';
import type { Principal } from '../../contract/store/key.ts';
import type { CommandName } from '../../edge/queue/commands.ts';
import { Queue } from '../../edge/queue/queue.ts';
import type { Answer } from '../../edge/queue/refusal.ts';
import type { Filter } from '../../edge/queue/render.ts';
import { earlier, type SocketKey } from '../../edge/queue/socket-attachment.ts';
import { Sockets } from '../../edge/queue/sockets.ts';
import { newStream, open, viewerOf } from '../../edge/queue/stream.ts';
import type { Outcome, Surroundings } from '../../edge/queue/turn.ts';
import type { Faults } from './faults.ts';
import type { Random } from './random.ts';
import { type FarEnd, SimulatedSocket, SocketContext } from './sockets.ts';
import { Crash, type SimulatedStorage } from './storage.ts';
import type { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';
import { Violation } from './violation.ts';

/** What made a transaction. */
export type Origin =
  | { kind: 'command'; name: CommandName; principal: Principal; input: unknown }
  | { kind: 'alarm' }
  | { kind: 'connected'; runner_no: number }
  | { kind: 'disconnected'; runner_no: number; epoch: number };

/** A call that was carried out, or refused. */
export interface Transaction {
  origin: Origin;
  wall: number;
  outcome: Outcome<Answer<unknown>>;
}

/** Looks at what the queue did, before anybody else hears of it. */
export interface Observer {
  committed(transaction: Transaction): void;
  /** The process died before the commit. */
  undone(origin: Origin): void;
  configured(settings: QueueSettings): void;
}

/** Nobody answered: whether the call was carried out is not known to its caller. */
export class Unreachable extends Error {
  override name = 'Unreachable';
}

export interface World {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly trace: Trace;
  faults: Faults;
}

/** Most calls make no more statements than this. */
const STATEMENTS = 30;
/** An alarm rings as late as this when the object lives. */
const ALARM_DELAY_MS = 40;
/** After which the platform calls an alarm again that failed. */
const ALARM_RETRY_MS = 2_000;

export const QUEUE_ID = 'q';

export class SimulatedObject {
  readonly storage: SimulatedStorage;
  readonly #world: World;
  readonly #observer: Observer;
  readonly #context = new SocketContext();
  #queue: Queue | null = null;
  #sockets: Sockets | null = null;
  /** Until when nobody reaches it, in elapsed time. */
  #awayUntil = 0;
  #tokens = 0;
  /** The platform's alarm, and what the instance last set it to. */
  #alarm_at: number | null = null;
  #set_at: number | null = null;
  /** When the queue is due; a socket may be due earlier. */
  #queue_alarm_at: number | null = null;
  #ring = 0;

  constructor(world: World, storage: SimulatedStorage, observer: Observer) {
    this.#world = world;
    this.storage = storage;
    this.#observer = observer;
  }

  get isAway(): boolean {
    return this.#world.timeline.elapsed < this.#awayUntil;
  }

  /** Whether an instance runs, which has set the alarm. */
  get isAwake(): boolean {
    return this.#queue !== null;
  }

  get alarm_at(): number | null {
    return this.#alarm_at;
  }

  get #surroundings(): Surroundings {
    return {
      now: this.#world.timeline.wall,
      token: () => `token-${String(++this.#tokens).padStart(10, '0')}`,
      pongAt: () => null,
    };
  }

  #awake(): { queue: Queue; sockets: Sockets } {
    if (this.isAway) throw new Unreachable('the object is away');
    if (!this.#queue || !this.#sockets) {
      this.#queue = new Queue(this.storage);
      const queue = this.#queue;
      this.#sockets = new Sockets(this.#context as unknown as ConstructorParameters<typeof Sockets>[0], () => queue);
      this.#set_at = this.#alarm_at;
      this.#queue_alarm_at = this.#queue.alarm_at;
      this.#setAlarm();
    }
    return { queue: this.#queue, sockets: this.#sockets };
  }

  command(name: CommandName, principal: Principal, input: unknown): Answer<unknown> {
    return this.#transact({ kind: 'command', name, principal, input }, (queue) =>
      queue.command(name, this.#surroundings, principal, input as never),
    );
  }

  #transact(origin: Origin, run: (queue: Queue) => Outcome<Answer<unknown>>): Answer<unknown> {
    const { random, faults, trace } = this.#world;
    const { queue, sockets } = this.#awake();
    this.storage.crashAfter(random.chance(faults.crash) ? random.between(0, STATEMENTS) : null);
    let outcome: Outcome<Answer<unknown>>;
    try {
      outcome = run(queue);
    } catch (error) {
      if (!(error instanceof Crash)) throw defect(error);
      trace.add(`object   dies ${error.message.replaceAll(/\s+/g, ' ').slice(0, 100)}`);
      this.crash();
      this.#observer.undone(origin);
      throw new Unreachable('the object died');
    } finally {
      this.storage.crashAfter(null);
    }
    this.#observer.committed({ origin, wall: this.#world.timeline.wall, outcome });
    this.#carryOut(sockets, outcome);
    return outcome.value;
  }

  /** After the commit: the events, the orders, the alarm; each of them may be the one before which it dies. */
  #carryOut(sockets: Sockets, { log, orders, alarm_at }: Outcome<Answer<unknown>>): void {
    const { timeline, random, faults } = this.#world;
    const done = random.chance(faults.crashAfterCommit) ? random.between(0, 2) : 3;
    try {
      if (log && done > 0) sockets.events.broadcast(log, timeline.wall);
      if (done > 1)
        for (const { runner_no, ...order } of orders) sockets.runners.order(runner_no, order, timeline.wall);
    } catch (error) {
      throw defect(error);
    }
    if (done > 2) {
      this.#queue_alarm_at = alarm_at;
      this.#setAlarm();
      return;
    }
    this.#world.trace.add(
      `object   dies after the commit, ${['before the events', 'before the orders', 'before the alarm'][done]}`,
    );
    this.crash();
    throw new Unreachable('the object died');
  }

  // The alarm.

  #setAlarm(): void {
    const at = earlier(this.#queue_alarm_at, this.#sockets?.deadline ?? null);
    if (at === this.#set_at) return;
    this.#set_at = at;
    this.#alarm_at = at;
    this.#planAlarm();
  }

  /** Again, when the wall clock has jumped. */
  #planAlarm(): void {
    const { timeline, random } = this.#world;
    const ring = ++this.#ring;
    if (this.#alarm_at === null) return;
    const wait = Math.max(0, this.#alarm_at - timeline.wall, this.#awayUntil - timeline.elapsed);
    timeline.after(wait + random.between(0, ALARM_DELAY_MS), () => {
      if (ring === this.#ring) this.#alarm();
    });
  }

  #alarm(): void {
    const { timeline, trace } = this.#world;
    const due = this.#alarm_at;
    if (due === null) return;
    if (this.isAway || timeline.wall < due) {
      this.#planAlarm();
      return;
    }
    trace.add('alarm    rings');
    this.#alarm_at = null;
    try {
      const { sockets } = this.#awake();
      this.#set_at = null;
      sockets.sweep(timeline.wall);
      this.#setAlarm();
      this.#transact({ kind: 'alarm' }, (queue) => queue.wakeUp(this.#surroundings));
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      // The platform keeps an alarm until it was handled.
      timeline.after(ALARM_RETRY_MS, () => {
        if (this.#alarm_at !== null && this.#alarm_at <= due) return;
        this.#alarm_at = due;
        this.#set_at = due;
        this.#planAlarm();
      });
    }
  }

  jumped(): void {
    this.#planAlarm();
  }

  // What happens to the process.

  /** The instance goes; what is in memory only is lost, sockets stay. */
  hibernate(): void {
    this.#queue = null;
    this.#sockets = null;
  }

  /** The process dies, with its sockets. */
  crash(): void {
    this.hibernate();
    for (const socket of this.#context.getWebSockets()) {
      this.#context.forget(socket);
      socket.isOrphan = true;
      this.#world.timeline.after(this.#world.random.delay(20, 5_000), () => socket.break());
    }
  }

  /** Nobody reaches it for so long, alarms neither. */
  leave(milliseconds: number): void {
    this.crash();
    this.#awayUntil = this.#world.timeline.elapsed + milliseconds;
  }

  /** Whatever keeps it away ends. */
  comeBack(): void {
    this.#awayUntil = this.#world.timeline.elapsed;
    this.#planAlarm();
  }

  configure(settings: QueueSettings, version: number): void {
    const { queue } = this.#awake();
    queue.configure(QUEUE_ID, settings, version);
    this.#observer.configured(queue.settings);
  }

  // Sockets.

  openRunner(principal: Principal, runner_id: string, epoch: number, far: FarEnd): SimulatedSocket | null {
    const { queue } = this.#awake();
    const runner_no = queue.runnerNo(principal, runner_id, epoch);
    if (runner_no === null) return null;
    this.#transact({ kind: 'connected', runner_no }, () => queue.runnerConnected(this.#surroundings, runner_no));
    const socket = this.#socket(far);
    this.#awake().sockets.openRunner(socket as never, keyOf(principal), runner_no, epoch);
    return socket;
  }

  openEvents(
    principal: Principal,
    filter: Filter,
    packed: boolean,
    after: number | null,
    far: FarEnd,
  ): SimulatedSocket {
    const { queue, sockets } = this.#awake();
    const state = newStream(viewerOf(principal), filter, { packed });
    const socket = this.#socket(far);
    try {
      const first = open(queue, principal, state, after);
      sockets.openEvents(socket as never, keyOf(principal), state, first, this.#world.timeline.wall);
      this.#setAlarm();
    } catch (error) {
      throw defect(error);
    }
    return socket;
  }

  #socket(far: FarEnd): SimulatedSocket {
    const { timeline, random } = this.#world;
    return new SimulatedSocket(timeline, random, far, (socket) => {
      // A process that died knows nothing of its sockets' ends.
      if (!this.#context.getWebSockets().includes(socket)) return;
      timeline.after(random.delay(100, 10_000), () => this.#ended(socket));
    });
  }

  #ended(socket: SimulatedSocket): void {
    if (!this.#context.getWebSockets().includes(socket)) return;
    this.#context.forget(socket);
    try {
      const { queue, sockets } = this.#awake();
      const runner = sockets.closed(socket as never, this.#world.timeline.wall);
      if (!runner || sockets.runners.isConnected(runner.runner_no, socket as never)) return;
      const { runner_no, epoch } = runner;
      this.#transact({ kind: 'disconnected', runner_no, epoch }, () =>
        queue.runnerDisconnected(this.#surroundings, runner_no, epoch),
      );
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    }
  }

  /** Whether an order reaches the runner, as far as the object knows. */
  isConnected(runner_no: number): boolean {
    return this.#context.getWebSockets(`runner:${runner_no}`).some((socket) => socket.isOpen);
  }

  /** A message of the far end. */
  receive(socket: SimulatedSocket, text: string): void {
    if (!socket.isOpen || this.isAway) return;
    this.#awake().sockets.receive(socket as never, text, this.#world.timeline.wall);
    this.#setAlarm();
  }
}

const keyOf = ({ key_id }: Principal): SocketKey => ({ key_id, expires_at: null });

const defect = (error: unknown): unknown =>
  error instanceof Violation
    ? error
    : new Violation('no-defect', error instanceof Error ? (error.stack ?? error.message) : String(error));
