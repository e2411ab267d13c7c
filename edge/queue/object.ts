/**
 * The Durable Object of one queue: routes calls to the queue, and carries out what follows from them. It decides
 * nothing. The Worker has checked the key, its scope and the queue's existence, and says who calls.
 */
import { DurableObject } from 'cloudflare:workers';
import { drizzle } from 'drizzle-orm/durable-sqlite';
import { migrate } from 'drizzle-orm/durable-sqlite/migrator';
import { DEFAULT_QUEUE_SETTINGS, type QueueSettings, type RunnerView } from '../../contract/queue/queue.ts';
import type { Principal } from '../../contract/store/key.ts';
import type { Env } from '../env.ts';
import type { CommandInput, CommandName, CommandResult } from './commands.ts';
import type { LogRow } from './fact.ts';
import migrations from './migrations/migrations.js';
import { CALL_HEADER } from './object-call.ts';
import { progressEvent } from './progress.ts';
import { Queue } from './queue.ts';
import type { ReadInput, ReadName, ReadResult } from './reads.ts';
import type { Answer } from './refusal.ts';
import { listRunners } from './runners.ts';
import { Sockets } from './sockets.ts';
import type { SqliteStorage } from './storage.ts';
import { opening, type StreamState, viewerOf } from './stream.ts';
import type { Outcome, Surroundings } from './turn.ts';

/** Which queue this is, and who calls. */
export interface Call {
  queue_id: string;
  principal: Principal;
}

const TOKEN_BYTES = 12;
const ALARM_RETRY_MS = 5_000;

export class QueueObject extends DurableObject<Env> {
  #queue!: Queue;
  readonly #sockets: Sockets;
  /** What the platform's alarm was last set to. */
  #alarm_at: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sockets = new Sockets(ctx);
    ctx.blockConcurrencyWhile(async () => {
      await migrate(drizzle(ctx.storage), migrations);
      this.#queue = new Queue(ctx.storage as unknown as SqliteStorage);
      this.#alarm_at = await ctx.storage.getAlarm();
      // Died between the commit and the alarm: the deadline stands in the rows.
      this.#setAlarm(this.#queue.alarm_at);
    });
  }

  #surroundings(): Surroundings {
    return { now: Date.now(), token: freshToken };
  }

  /** After the commit: the events, the orders, the alarm. */
  #carryOut<T>({ value, log, orders, alarm_at }: Outcome<T>): T {
    if (log) this.#broadcast(log);
    for (const { runner_no, ...order } of orders) this.#sockets.order(runner_no, order);
    this.#setAlarm(alarm_at);
    return value;
  }

  #setAlarm(at: number | null): void {
    if (at === this.#alarm_at) return;
    this.#alarm_at = at;
    // Not awaited: it joins the writes of this event, which leave no answer before they are durable.
    void (at === null ? this.ctx.storage.deleteAlarm() : this.ctx.storage.setAlarm(at));
  }

  /**
   * What is committed is committed: an event that cannot be shown must not make its call fail. The streams are closed
   * instead, since whoever missed it learns so by resuming.
   */
  #broadcast(log: LogRow): void {
    try {
      this.#sockets.broadcast(this.#queue, log);
    } catch (error) {
      console.error(
        JSON.stringify({
          level: 'error',
          message: 'the broadcast failed',
          sequence: log.sequence,
          error: String(error),
        }),
      );
      this.#sockets.closeStreams();
    }
  }

  configure(queue_id: string, settings: QueueSettings, version: number): void {
    this.#queue.configure(queue_id, settings, version);
  }

  #for({ queue_id }: Call): Queue {
    this.#queue.configure(queue_id, DEFAULT_QUEUE_SETTINGS, 0);
    return this.#queue;
  }

  command<Name extends CommandName>(call: Call, name: Name, input: CommandInput<Name>): Answer<CommandResult<Name>> {
    return this.#carryOut(this.#for(call).command(name, this.#surroundings(), call.principal, input));
  }

  /**
   * A command whose input and result cross the call as JSON text: hundreds of small objects do so three times as fast
   * as structured clones of them.
   */
  commandText(call: Call, name: 'claim' | 'callbacks', input: string): Answer<string> {
    const answer = this.command(call, name, JSON.parse(input) as CommandInput<typeof name>);
    return answer.ok ? { ok: true, value: JSON.stringify(answer.value) } : answer;
  }

  read<Name extends ReadName>(call: Call, name: Name, input: ReadInput<Name>): Answer<ReadResult<Name>> {
    return this.#for(call).read(name, Date.now(), call.principal, input);
  }

  runners(call: Call): RunnerView[] {
    return listRunners(this.#for(call).sql, (runner_no) => this.#sockets.isConnected(runner_no));
  }

  /** Bytes of the object's database: what the bench divides by the number of items. */
  databaseSize(): number {
    return this.#queue.sql.size;
  }

  /** Takes over a websocket: `/events?after=&item_id=&batch_id=` or `/runner?runner_id=&epoch=`. */
  override async fetch(request: Request): Promise<Response> {
    const call = JSON.parse(request.headers.get(CALL_HEADER) ?? 'null') as Call;
    const queue = this.#for(call);
    const { pathname, searchParams } = new URL(request.url);
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    if (pathname === '/runner') {
      const epoch = Number(searchParams.get('epoch'));
      const runner_no = queue.runnerNo(call.principal, searchParams.get('runner_id') ?? '', epoch);
      if (runner_no === null) return new Response(null, { status: 409 });
      this.#carryOut(queue.runnerConnected(this.#surroundings(), runner_no));
      this.#sockets.openRunner(server, runner_no, epoch);
    } else {
      const state: StreamState = {
        viewer: viewerOf(call.principal),
        filter: {},
        prev: 0,
        packed: searchParams.get('packed') === 'true',
      };
      const item_id = searchParams.get('item_id');
      const batch_id = searchParams.get('batch_id');
      const after = searchParams.get('after');
      if (item_id !== null) state.filter.item_id = Number(item_id);
      if (batch_id !== null) state.filter.batch_id = batch_id;
      const frames = opening(this.#queue, call.principal, state, after === null ? null : Number(after));
      this.#sockets.openEvents(server, state, frames);
    }
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const received = this.#sockets.receive(socket, message);
    if (!received) return;
    const event = progressEvent(this.#queue, received.runner_no, received.report, Date.now());
    if (event) this.#sockets.broadcastEphemeral(event);
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
    const runner = this.#sockets.closed(socket);
    if (runner && !this.#sockets.isConnected(runner.runner_no, socket))
      this.#carryOut(this.#queue.runnerDisconnected(this.#surroundings(), runner.runner_no, runner.epoch));
  }

  /** Never throws: the platform gives up an alarm after six failures, and a queue without alarms loses no runner. */
  override async alarm(): Promise<void> {
    this.#alarm_at = null;
    try {
      this.#carryOut(this.#queue.wakeUp(this.#surroundings()));
    } catch (error) {
      console.error(JSON.stringify({ level: 'error', message: 'the alarm failed', error: String(error) }));
      await this.ctx.storage.setAlarm(Date.now() + ALARM_RETRY_MS);
    }
  }
}

function freshToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}
