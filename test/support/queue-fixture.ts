/** A queue on an in-process SQLite with a clock that tests set, a batch to enqueue, and a runner that speaks the protocol. */
import type { Problem } from '../../contract/error/problem.ts';
import { DEFAULT_QUEUE_SETTINGS, type QueueSettings } from '../../contract/queue/queue.ts';
import type { CallbackAnswer, CallbackEntry } from '../../contract/runner/callbacks.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import type { HeartbeatResult } from '../../contract/runner/heartbeat.ts';
import type { Principal } from '../../contract/store/key.ts';
import { ENGINE_VERSION, PROTOCOL_VERSION } from '../../contract/version.ts';
import type { CommandInput, CommandName, CommandResult } from '../../edge/queue/commands.ts';
import type { CompiledBatch } from '../../edge/queue/enqueue.ts';
import type { LogRow } from '../../edge/queue/fact.ts';
import { Queue } from '../../edge/queue/queue.ts';
import type { ReadInput, ReadName, ReadResult } from '../../edge/queue/reads.ts';
import type { Answer } from '../../edge/queue/refusal.ts';
import type { Order, Outcome, Surroundings } from '../../edge/queue/turn.ts';
import { entries } from './queue-entries.ts';
import { type InProcessStorage, queueStorage } from './sqlite-storage.ts';

export const ADMIN: Principal = { key_id: 'admin', user_id: 'system', scopes: ['admin'], queue_ids: null, lane: 0 };
export const RUNNER: Principal = { key_id: 'runner', user_id: 'system', scopes: ['runner'], queue_ids: null, lane: 0 };
export const person = (user_id: string): Principal => ({
  key_id: `key-of-${user_id}`,
  user_id,
  scopes: ['read', 'enqueue', 'cancel'],
  queue_ids: null,
  lane: 0,
});

const node = (id: string) => ({ id, type: 'integer', is_intermediate: false, use_cache: true, value: 1 });

/** Three items of one node `n`, whose value is 1, 2 and 3. */
export const aBatch = (over: Partial<CompiledBatch> = {}): CompiledBatch => ({
  batch_id: 'b',
  user_id: 'system',
  origin: null,
  destination: null,
  priority: 0,
  prepend: false,
  allow_partial: false,
  runs: 1,
  requested: 3,
  groups: [
    { length: 3, fields: [{ node_path: 'n', field_name: 'value' }], chunks: [{ first: 0, body: '[[1],[2],[3]]' }] },
  ],
  graph: JSON.stringify({ engine: ENGINE_VERSION, types: { integer: '1.0.0' }, nodes: [node('n')], edges: [] }),
  workflow: null,
  requirement: JSON.stringify({ engine: ENGINE_VERSION, types: [['integer', '1.0.0']], models: [] }),
  lane: 0,
  start_after: null,
  deadline: null,
  max_run_seconds: null,
  traceparent: null,
  assets: [],
  idempotency: null,
  ...over,
});

/** `count` items without substitutions. */
export const plainBatch = (batch_id: string, count: number, over: Partial<CompiledBatch> = {}): CompiledBatch =>
  aBatch({ batch_id, runs: count, requested: count, groups: [], ...over });

export class RefusedError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

export class QueueFixture {
  readonly storage: InProcessStorage;
  queue: Queue;
  now = 1_000_000;
  /** Every log row and order since the beginning. */
  readonly log: LogRow[] = [];
  readonly orders: Order[] = [];
  alarm_at: number | null = null;
  /** When the platform answered a runner's ping last. */
  readonly pongs = new Map<number, number>();
  #tokens = 0;

  static async open(settings: Partial<QueueSettings> = {}): Promise<QueueFixture> {
    return new QueueFixture(await queueStorage(), { ...DEFAULT_QUEUE_SETTINGS, ...settings });
  }

  private constructor(storage: InProcessStorage, settings: QueueSettings) {
    this.storage = storage;
    this.queue = new Queue(storage);
    this.queue.configure('q', settings, 1);
  }

  /** The object was evicted and starts again on the same storage. */
  restart(): void {
    this.queue = new Queue(this.storage);
  }

  get at(): Surroundings {
    return {
      now: this.now,
      token: () => `token-${++this.#tokens}`,
      pongAt: (runner_no) => this.pongs.get(runner_no) ?? null,
    };
  }

  /** Carries out what the object would, and throws what it would refuse. */
  take<T>({ value, log, orders, alarm_at }: Outcome<Answer<T>>): T {
    if (log) this.log.push(log);
    this.orders.push(...orders);
    this.alarm_at = alarm_at;
    if (!value.ok) throw new RefusedError(value.problem);
    return value.value;
  }

  /** Runs a command as `principal`; what the queue refuses is thrown. */
  command<Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
    principal: Principal = ADMIN,
  ): CommandResult<Name> {
    return this.take(this.queue.command(name, this.at, principal, input));
  }

  read<Name extends ReadName>(name: Name, input: ReadInput<Name>, principal: Principal = ADMIN): ReadResult<Name> {
    const answer = this.queue.read(name, this.now, principal, input);
    if (!answer.ok) throw new RefusedError(answer.problem);
    return answer.value;
  }

  enqueue(batch: CompiledBatch = aBatch()) {
    return this.command('enqueue', batch);
  }

  item(item_id: number) {
    return this.read('item', item_id).summary;
  }

  statuses(): string[] {
    return this.read('items', { after: 0, limit: 1_000 }).items.map((item) => item.status);
  }

  ring(now: number): void {
    this.now = now;
    this.take(this.queue.wakeUp(this.at));
  }
}

/** A runner that does as it is told and nothing by itself. */
export class ProtocolRunner {
  readonly #fixture: QueueFixture;
  readonly runner_id: string;
  epoch = 0;
  claims = 0;

  constructor(fixture: QueueFixture, runner_id = 'r1') {
    this.#fixture = fixture;
    this.runner_id = runner_id;
  }

  get identity() {
    return { runner_id: this.runner_id, epoch: this.epoch };
  }

  register(types: Record<string, string> = { integer: '1.0.0' }, devices = 1): this {
    const body = {
      protocol: PROTOCOL_VERSION,
      runner_id: this.runner_id,
      name: this.runner_id,
      engine: ENGINE_VERSION,
      types,
      devices: Array.from({ length: devices }, (_, device) => ({ id: `cpu:${device}` })),
    };
    this.epoch = this.#fixture.command('register', body, RUNNER).epoch;
    this.claims = 0;
    return this;
  }

  /** Its number in the queue's rows; 0 when it is not registered. */
  get runner_no(): number {
    return this.#fixture.queue.runnerNo(RUNNER, this.runner_id, this.epoch) ?? 0;
  }

  /** Opens its socket: only then orders reach it. */
  connect(): this {
    this.#fixture.take(this.#fixture.queue.runnerConnected(this.#fixture.at, this.runner_no));
    return this;
  }

  disconnect(): void {
    this.#fixture.take(this.#fixture.queue.runnerDisconnected(this.#fixture.at, this.runner_no, this.epoch));
  }

  claim(max_items: number, claim = ++this.claims): Grant[] {
    const body = { ...this.identity, claim, max_items, batches: [], models: [] };
    return this.#fixture.command('claim', body, RUNNER).grants;
  }

  post(...entries: CallbackEntry[]): CallbackAnswer[] {
    return this.#fixture
      .command('callbacks', { ...this.identity, entries }, RUNNER)
      .answers.map((answer) => answer.answer);
  }

  heartbeat(
    held: readonly Grant[],
    over: { claim?: number; draining?: boolean; timeout_seconds?: number } = {},
  ): HeartbeatResult {
    const body = {
      ...this.identity,
      claim: over.claim ?? this.claims,
      held: held.map(({ item_id, fence }) => ({ item_id, fence })),
      draining: over.draining ?? false,
      ...(over.timeout_seconds === undefined ? {} : { timeout_seconds: over.timeout_seconds }),
    };
    return this.#fixture.command('heartbeat', body, RUNNER);
  }

  start(grant: Grant): CallbackAnswer[] {
    return this.post(entries(grant).started);
  }

  /** Everything that a session of one node reports. */
  run(grant: Grant): CallbackAnswer[] {
    const { started, running, result, complete } = entries(grant);
    return this.post(started, running, result, complete);
  }
}
