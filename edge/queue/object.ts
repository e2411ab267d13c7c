/**
 * The Durable Object of one queue: routes calls to the queue, and carries out what follows from them. It decides
 * nothing. The Worker has checked the key, its scope and the queue's existence, and says who calls.
 */
import { DurableObject } from 'cloudflare:workers';
import { drizzle } from 'drizzle-orm/durable-sqlite';
import { migrate } from 'drizzle-orm/durable-sqlite/migrator';
import { type Problem, problem } from '../../contract/error/problem.ts';
import { CLOSE_QUEUE_GONE } from '../../contract/event/close-codes.ts';
import type { QueueSettings, RunnerView } from '../../contract/queue/queue.ts';
import type { Principal } from '../../contract/store/key.ts';
import { releaseAssets } from '../account/asset-lifetime.ts';
import { accountDb } from '../account/database.ts';
import { findQueue } from '../account/queues.ts';
import type { Env } from '../env.ts';
import type { OpenSockets } from '../metrics-text.ts';
import { forgetReleased, releasedAssets } from './collection.ts';
import type { CommandInput, CommandName, CommandResult } from './commands.ts';
import type { LogRow } from './fact.ts';
import { logLines } from './log-lines.ts';
import migrations from './migrations/migrations.js';
import { CALL_HEADER } from './object-call.ts';
import { progressEvent } from './progress.ts';
import { Queue } from './queue.ts';
import type { ReadInput, ReadName, ReadResult } from './reads.ts';
import type { Answer } from './refusal.ts';
import { listRunners } from './runners.ts';
import { earlier, type SocketKey } from './socket-attachment.ts';
import { Sockets } from './sockets.ts';
import type { SqliteStorage } from './storage.ts';
import { newStream, open, viewerOf } from './stream.ts';
import { endTickets } from './tickets.ts';
import type { Outcome, Surroundings } from './turn.ts';

/** Which queue this is, who calls, and the version of the queue's settings that the caller knows of. */
export interface Call {
  queue_id: string;
  version: number;
  principal: Principal;
}

/** A call that opens a socket. */
export interface SocketCall extends Call {
  /** When the caller's key expires: the socket ends with it. */
  key_expires_at: number | null;
}

const TOKEN_BYTES = 12;
const ALARM_RETRY_MS = 5_000;

export class QueueObject extends DurableObject<Env> {
  #queue!: Queue;
  readonly #sockets: Sockets;
  /** What the platform's alarm was last set to. */
  #alarm_at: number | null = null;
  /** When the queue is due; a socket may be due earlier. */
  #queue_alarm_at: number | null = null;
  /** How often it was emptied: what was asked before that must not fill it again. */
  #emptied = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sockets = new Sockets(ctx, () => this.#queue);
    ctx.blockConcurrencyWhile(() => this.#open());
  }

  async #open(): Promise<void> {
    const { storage } = this.ctx;
    await migrate(drizzle(storage), migrations);
    this.#queue = new Queue(storage as unknown as SqliteStorage);
    this.#alarm_at = await storage.getAlarm();
    // Died between the commit and the alarm: the deadline stands in the rows.
    this.#queue_alarm_at = this.#queue.alarm_at;
    this.#setAlarm();
  }

  #surroundings(): Surroundings {
    return { now: Date.now(), token: freshToken, pongAt: (runner_no) => this.#sockets.runners.pongAt(runner_no) };
  }

  /** After the commit: the events, the orders, the alarm. */
  #carryOut<T>({ value, log, orders, alarm_at }: Outcome<T>): T {
    const now = Date.now();
    if (log) this.#announce(log, now);
    for (const { runner_no, ...order } of orders) this.#sockets.runners.order(runner_no, order, now);
    this.#queue_alarm_at = alarm_at;
    this.#setAlarm();
    return value;
  }

  #setAlarm(): void {
    const at = earlier(this.#queue_alarm_at, this.#sockets.deadline);
    if (at === this.#alarm_at) return;
    this.#alarm_at = at;
    // Not awaited: it joins the writes of this event, which leave no answer before they are durable.
    void (at === null ? this.ctx.storage.deleteAlarm() : this.ctx.storage.setAlarm(at));
  }

  /**
   * Tells the watchers and the log. What is committed is committed: an event that cannot be shown must not make its call
   * fail. The streams are closed instead, since whoever missed it learns so by resuming.
   */
  #announce(log: LogRow, now: number): void {
    try {
      this.#sockets.events.broadcast(log, now);
      const { queue_id, batches } = this.#queue;
      for (const line of logLines(log, { queue_id, batch: (batch_no) => batches.row(batch_no) })) console.log(line);
    } catch (error) {
      console.error(
        JSON.stringify({
          level: 'error',
          message: 'the broadcast failed',
          sequence: log.sequence,
          error: String(error),
        }),
      );
      this.#sockets.events.closeAll();
    }
  }

  /** What was set, told by whoever set it; an object that has nothing asks, since the queue may have been deleted since. */
  async configure(queue_id: string, settings: QueueSettings, version: number): Promise<void> {
    if (this.#queue.version < 0) await this.#ready({ queue_id, version });
    else this.#queue.configure(queue_id, settings, version);
  }

  /**
   * The queue, with settings no older than the caller knows of: who changed them may have died before it told. Null
   * when the account has no such queue, as after its deletion.
   */
  async #ready({ queue_id, version }: Pick<Call, 'queue_id' | 'version'>): Promise<Queue | null> {
    if (this.#queue.version >= Math.max(0, version)) return this.#queue;
    const emptied = this.#emptied;
    const found = await findQueue(accountDb(this.env), queue_id);
    if (emptied !== this.#emptied) return this.#ready({ queue_id, version });
    if (!found) return null;
    this.#queue.configure(queue_id, found.queue.settings, found.version);
    return this.#queue;
  }

  async command<Name extends CommandName>(
    call: Call,
    name: Name,
    input: CommandInput<Name>,
  ): Promise<Answer<CommandResult<Name>>> {
    const queue = await this.#ready(call);
    if (!queue) return noQueue(call);
    return this.#carryOut(queue.command(name, this.#surroundings(), call.principal, input));
  }

  /**
   * A command whose input and result cross the call as JSON text: hundreds of small objects do so three times as fast
   * as structured clones of them.
   */
  async commandText(call: Call, name: 'claim' | 'callbacks', input: string): Promise<Answer<string>> {
    const answer = await this.command(call, name, JSON.parse(input) as CommandInput<typeof name>);
    return answer.ok ? { ok: true, value: JSON.stringify(answer.value) } : answer;
  }

  async read<Name extends ReadName>(call: Call, name: Name, input: ReadInput<Name>): Promise<Answer<ReadResult<Name>>> {
    const queue = await this.#ready(call);
    return queue ? queue.read(name, Date.now(), call.principal, input) : noQueue(call);
  }

  /**
   * Ends everything that the queue is: its sockets, its alarm, its rows. May be called again, also late: nothing ends
   * when the account has the queue, whose id was taken anew. Nobody else's call comes between this question and the end.
   */
  async destroy(queue_id: string): Promise<void> {
    await this.ctx.blockConcurrencyWhile(async () => {
      if (await findQueue(accountDb(this.env), queue_id)) return;
      this.#sockets.closeAll(CLOSE_QUEUE_GONE, 'the queue was deleted');
      await this.ctx.storage.deleteAlarm();
      await this.ctx.storage.deleteAll();
      this.#emptied++;
      await this.#open();
    });
  }

  async runners(call: Call): Promise<RunnerView[]> {
    const queue = await this.#ready(call);
    return queue === null ? [] : listRunners(queue.sql, (runner_no) => this.#sockets.runners.isConnected(runner_no));
  }

  /** Tells the account which assets nothing here refers to any more; what it was not told, it is told the next time. */
  async #releaseAssets(): Promise<void> {
    const names = releasedAssets(this.#queue.sql);
    if (names.length === 0) return;
    await releaseAssets(accountDb(this.env), this.#queue.queue_id, names, Date.now());
    forgetReleased(this.#queue.sql, names);
  }

  /** Websockets that are open, for /metrics. */
  openSockets(_call: Call): OpenSockets {
    const runner = this.ctx.getWebSockets('runner').length;
    return { events: this.ctx.getWebSockets().length - runner, runner };
  }

  /** Bytes of the object's database: what the bench divides by the number of items. */
  databaseSize(): number {
    return this.#queue.sql.size;
  }

  /** Ends the key's tickets and closes every socket that it opened; called where it was revoked or has expired. */
  closeKey(key_id: string): void {
    endTickets(this.#queue.sql, key_id);
    this.#sockets.closeKey(key_id);
  }

  /** Takes over a websocket: `/events?after=&item_id=&batch_id=` or `/runner?runner_id=&epoch=`. */
  override async fetch(request: Request): Promise<Response> {
    const call = JSON.parse(request.headers.get(CALL_HEADER) ?? 'null') as SocketCall;
    const queue = await this.#ready(call);
    if (!queue) return new Response(null, { status: 404 });
    const { pathname, searchParams } = new URL(request.url);
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    const key: SocketKey = { key_id: call.principal.key_id, expires_at: call.key_expires_at };
    if (pathname === '/runner') {
      const epoch = Number(searchParams.get('epoch'));
      const runner_no = queue.runnerNo(call.principal, searchParams.get('runner_id') ?? '', epoch);
      if (runner_no === null) return new Response(null, { status: 409 });
      this.#carryOut(queue.runnerConnected(this.#surroundings(), runner_no));
      this.#sockets.openRunner(server, key, runner_no, epoch);
    } else {
      const number = (name: string) => (searchParams.has(name) ? Number(searchParams.get(name)) : null);
      const item_id = number('item_id');
      const batch_id = searchParams.get('batch_id');
      const filter = { ...(item_id === null ? {} : { item_id }), ...(batch_id === null ? {} : { batch_id }) };
      const state = newStream(viewerOf(call.principal), filter, {
        packed: searchParams.get('packed') === 'true',
        progress: searchParams.get('progress') !== 'false',
      });
      const first = open(queue, call.principal, state, number('after'));
      this.#sockets.openEvents(server, key, state, first, Date.now());
    }
    this.#setAlarm();
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const now = Date.now();
    const received = this.#sockets.receive(socket, message, now);
    this.#setAlarm();
    if (!received) return;
    const event = progressEvent(this.#queue, received.runner_no, received.report, now);
    if (event) this.#sockets.events.broadcastEphemeral(event, now);
  }

  override webSocketClose(socket: WebSocket): void {
    // Answers the close: for a hibernating socket the runtime does not, and the other side would wait for it.
    socket.close(1000);
    this.#ended(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#ended(socket);
  }

  #ended(socket: WebSocket): void {
    const runner = this.#sockets.closed(socket, Date.now());
    // The sockets of a queue that was deleted close after its rows have gone.
    if (!runner || this.#queue.version < 0) return;
    if (!this.#sockets.runners.isConnected(runner.runner_no, socket))
      this.#carryOut(this.#queue.runnerDisconnected(this.#surroundings(), runner.runner_no, runner.epoch));
  }

  /** Never throws: the platform gives up an alarm after six failures, and a queue without alarms loses no runner. */
  override async alarm(): Promise<void> {
    this.#alarm_at = null;
    try {
      this.#sockets.sweep(Date.now());
      if (this.#queue.version < 0) return this.#setAlarm();
      this.#carryOut(this.#queue.wakeUp(this.#surroundings()));
    } catch (error) {
      complain('the alarm failed', error);
      await this.ctx.storage.setAlarm(Date.now() + ALARM_RETRY_MS);
    }
    // An account that is out of reach delays no deadline: what it was not told, the next pass of retention tells.
    await this.#releaseAssets().catch((error: unknown) => complain('the account was not told of assets', error));
  }
}

const complain = (message: string, error: unknown): void =>
  console.error(JSON.stringify({ level: 'error', message, error: String(error) }));

const noQueue = ({ queue_id }: Call): { ok: false; problem: Problem } => ({
  ok: false,
  problem: problem('not_found', `There is no queue "${queue_id}".`),
});

function freshToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}
