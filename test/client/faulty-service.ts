/**
 * A queue of a test behind a network that a seed decides: sockets whose messages are lost, doubled, late or in another
 * order, connections that break, calls that are answered late, fail, or are answered after their connection has ended.
 * What is served is the queue's own: its streams, its log, its reads. Nothing moves until `happen` is called.
 */

import type { SocketConstructor, SocketEvent } from '../../client/events/socket.ts';
import type { ReceivedFrame } from '../../client/events/stream-cursor.ts';
import { problem } from '../../contract/error/problem.ts';
import type { Principal } from '../../contract/store/key.ts';
import type { LogRow } from '../../edge/queue/fact.ts';
import { render } from '../../edge/queue/render.ts';
import {
  advance,
  answer,
  follow,
  framesFor,
  messages,
  newStream,
  open,
  type StreamState,
  viewerOf,
} from '../../edge/queue/stream.ts';
import type { Random } from '../sim/random.ts';
import type { QueueFixture } from '../support/queue-fixture.ts';
import { answerOf } from './answers.ts';

type Kind = 'open' | 'message' | 'close' | 'error';

class ServedSocket {
  readonly after: number | null;
  state: StreamState | null = null;
  closed = false;
  /** Messages on their way to the client. */
  underWay: string[] = [];
  /** The client was told that it is live: from then on a message that is missed leaves a gap that it can see. */
  isLive = false;
  readonly #listeners = new Map<Kind, ((event: SocketEvent) => void)[]>();
  readonly #service: FaultyService;

  constructor(service: FaultyService, after: number | null) {
    this.#service = service;
    this.after = after;
  }

  addEventListener(kind: Kind, listener: (event: SocketEvent) => void): void {
    this.#listeners.set(kind, [...(this.#listeners.get(kind) ?? []), listener]);
  }
  send(text: string): void {
    if (this.closed || !this.state) throw new Error('the socket is not open');
    if (text === 'ping') this.underWay.push('pong');
    else this.#service.acknowledged(this, (JSON.parse(text) as { ack: number }).ack);
  }
  close(code = 1000): void {
    if (this.closed) return;
    this.closed = true;
    this.emit('close', { code });
  }
  emit(kind: Kind, event: SocketEvent): void {
    for (const listener of this.#listeners.get(kind) ?? []) listener(event);
  }
  deliver(text: string): void {
    if (text.includes('"live"')) this.isLive = true;
    this.emit('message', { data: text });
  }
}

interface PendingCall {
  method: string;
  url: URL;
  body: unknown;
  /** What the service answered, when the answer is late and not the call. */
  answered: { status: number; text: string } | null;
  resolve: (response: Response) => void;
  reject: (error: Error) => void;
}

export class FaultyService {
  readonly #fixture: QueueFixture;
  readonly #principal: Principal;
  readonly #random: Random;
  faulty = true;
  readonly calls: PendingCall[] = [];
  #sockets: ServedSocket[] = [];
  #told = 0;

  constructor(fixture: QueueFixture, principal: Principal, random: Random) {
    this.#fixture = fixture;
    this.#principal = principal;
    this.#random = random;
  }

  /** Broadcasts what the queue did since the last time. */
  tell(): void {
    const { log, queue } = this.#fixture;
    for (; this.#told < log.length; this.#told++) {
      const row = log[this.#told] as LogRow;
      for (const socket of this.#sockets) {
        if (!socket.state) continue;
        if (!socket.state.live) this.#advance(socket);
        else {
          const frames = framesFor(render(queue, row), socket.state);
          const mark = follow(socket.state, frames, row.sequence);
          socket.underWay.push(...messages(frames.documents, true), ...(mark ? [`[${mark}]`] : []));
        }
      }
    }
  }

  acknowledged({ state }: ServedSocket, sequence: number): void {
    if (state) answer(state, sequence);
  }

  /** Whether nothing is under way and the client has heard everything. */
  get isStill(): boolean {
    const [socket] = this.#sockets;
    return this.calls.length === 0 && this.#sockets.length === 1 && !!socket?.isLive && socket.underWay.length === 0;
  }

  breakAll(): void {
    for (const socket of this.#sockets) this.#break(socket);
  }

  /** One thing of the network, if there is any. */
  happen(): void {
    this.#sockets = this.#sockets.filter((socket) => !socket.closed);
    const { calls } = this;
    const socket = this.#sockets.length > 0 ? this.#random.pick(this.#sockets) : null;
    if (calls.length > 0 && (!socket || this.#random.chance(0.5))) this.#answer();
    else if (!socket) return;
    else if (this.#chance(0.015)) this.#break(socket);
    else if (!socket.state) this.#open(socket);
    else this.#deliver(socket);
  }

  readonly fetch = ((input: string, init: RequestInit): Promise<Response> => {
    const { signal } = init;
    return new Promise((resolve, reject) => {
      const body = init.body === undefined ? null : (JSON.parse(String(init.body)) as unknown);
      const call = { method: init.method ?? 'GET', url: new URL(input), body, answered: null, resolve, reject };
      this.calls.push(call);
      // Half of those who gave up are answered all the same: an answer may be on its way already.
      if (this.#random.chance(0.5))
        signal?.addEventListener('abort', () => {
          const at = this.calls.indexOf(call);
          if (at >= 0) this.calls.splice(at, 1);
          reject(signal.reason as Error);
        });
    });
  }) as typeof fetch;

  get WebSocket(): SocketConstructor {
    const service = this;
    return class extends ServedSocket {
      constructor(url: string) {
        const after = new URL(url).searchParams.get('after');
        super(service, after === null ? null : Number(after));
        service.#sockets.push(this);
      }
    };
  }

  #chance(probability: number): boolean {
    return this.faulty && this.#random.chance(probability);
  }

  #answer(): void {
    const at = this.#random.between(0, this.calls.length - 1);
    const call = this.calls[at] as PendingCall;
    // The queue has answered, and the answer takes its time.
    if (call.answered === null && this.#chance(0.3)) {
      call.answered = answerOf(this.#fixture, this.#principal, call, this.#random);
      return;
    }
    this.calls.splice(at, 1);
    if (this.#chance(0.08)) {
      call.reject(new Error('connection reset'));
      return;
    }
    const answered = this.#chance(0.05)
      ? { status: 503, text: JSON.stringify(problem('unavailable', 'Come again.')) }
      : (call.answered ?? answerOf(this.#fixture, this.#principal, call, this.#random));
    const { status, text } = answered;
    // Without streams: everything that happens follows from the seed.
    const response = { ok: status < 300, status, headers: new Headers(), text: () => Promise.resolve(text) };
    call.resolve(response as Response);
  }

  #open(socket: ServedSocket): void {
    socket.state = newStream(viewerOf(this.#principal), {}, { packed: true });
    const first = open(this.#fixture.queue, this.#principal, socket.state, socket.after);
    socket.underWay.push(...messages(first, true));
    this.#advance(socket);
  }

  #advance(socket: ServedSocket): void {
    if (!socket.state) return;
    for (;;) {
      const { documents, next } = advance(this.#fixture.queue, socket.state, this.#fixture.now);
      // Small messages: more can go wrong between them.
      for (let at = 0; at < documents.length; ) {
        const count = this.#random.between(1, 8);
        socket.underWay.push(...messages(documents.slice(at, at + count), true));
        at += count;
      }
      if (next === 'lost') socket.close(4008);
      if (next !== 'more') return;
    }
  }

  #deliver(socket: ServedSocket): void {
    const text = socket.underWay.shift();
    if (text === undefined) return;
    // A service that answers in order says hello, snapshot and live but once: only events can be missed and noticed.
    const tellsEvents = socket.isLive && text !== 'pong' && framesOf(text).every((frame) => 'prev' in frame);
    if (tellsEvents && this.#chance(0.06)) return;
    if (tellsEvents && this.#chance(0.1)) socket.underWay.splice(this.#random.between(0, 2), 0, text);
    const next = socket.underWay[0];
    if (tellsEvents && next !== undefined && this.#chance(0.1)) {
      socket.underWay[0] = text;
      socket.deliver(next);
    } else socket.deliver(text);
  }

  #break(socket: ServedSocket): void {
    socket.closed = true;
    socket.emit('close', { code: 1006 });
  }
}

const framesOf = (text: string): ReceivedFrame[] => JSON.parse(text) as ReceivedFrame[];
