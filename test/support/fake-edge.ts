/**
 * The edge as a runner sees it, on 127.0.0.1, with faults on demand: answers that get lost, requests that arrive
 * twice, refusals, uploads that take as long as a test likes.
 */
import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { problem } from '../../contract/error/problem.ts';
import { CallbacksBody } from '../../contract/runner/callbacks.ts';
import { ClaimBody, type ClaimRequest, type ClaimResult } from '../../contract/runner/claim.ts';
import { HeartbeatBody } from '../../contract/runner/heartbeat.ts';
import { RegisterBody, type RunnerIntervals } from '../../contract/runner/register.ts';
import type { RunnerOrder, RunnerReport } from '../../contract/runner/socket.ts';
import type { Model } from '../../contract/store/model.ts';
import { FakeQueue } from './fake-queue.ts';
import { ServerSocket } from './websocket-server.ts';

/**
 * lose    the call is carried out and its answer lost.
 * cut     the connection breaks before the call arrives.
 * twice   the call arrives twice.
 * busy    503.
 * hang    the call arrives and nothing is ever said about it.
 * over    409: the registration is over.
 */
export type EdgeFault = 'lose' | 'cut' | 'twice' | 'busy' | 'hang' | 'over';

export type EdgeCall =
  | 'register'
  | 'claim'
  | 'callbacks'
  | 'heartbeat'
  | 'asset'
  | 'hold'
  | 'preview'
  | 'model'
  | 'file'
  | 'location';

interface Answer {
  status: number;
  body?: unknown;
  bytes?: Buffer;
}

const KEY = 'runner-key';

export class FakeEdge {
  readonly queue = new FakeQueue();
  readonly assets = new Map<string, Buffer>();
  /** Of assets, by their names. */
  readonly previews = new Map<string, Buffer>();
  readonly models = new Map<string, { model: Model; files: Map<string, Buffer> }>();
  readonly registrations: RegisterBody[] = [];
  readonly heartbeats: HeartbeatBody[] = [];
  readonly reports: RunnerReport[] = [];
  readonly claims: ClaimRequest[] = [];
  /** Calls so far, by name. */
  readonly calls: Record<EdgeCall, number> = {
    ...{ register: 0, claim: 0, callbacks: 0, heartbeat: 0 },
    ...{ asset: 0, hold: 0, preview: 0, model: 0, file: 0, location: 0 },
  };
  /** Decides the fault of each call; `number` counts the calls of that name from 1. */
  faultOf: (call: EdgeCall, number: number) => EdgeFault | undefined = () => undefined;
  /** Uploads wait for it. */
  uploadGate: Promise<void> = Promise.resolve();
  /** Bytes after which the transfer of a model's file breaks; for the first transfers only. */
  breakTransfersAt: number[] = [];
  heartbeatSeconds = 10;
  idleHeartbeatSeconds: number | null = null;
  /** Takes no websocket, as behind a proxy that knows none. */
  refuseSockets = false;

  readonly #server = http.createServer((request, response) => void this.#serve(request, response));
  readonly #sockets = new Set<ServerSocket>();
  readonly #waiting = new Set<() => void>();

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get address(): { url: string; key: string; queue_id: string } {
    return { url: this.url, key: KEY, queue_id: 'default' };
  }

  get socketCount(): number {
    return this.#sockets.size;
  }

  async open(): Promise<this> {
    this.#server.on('upgrade', (request, stream) => {
      if (this.refuseSockets) return void stream.destroy();
      const socket = new ServerSocket(request, stream, (text) => {
        if (text === 'ping') socket.send('pong');
        else this.reports.push(JSON.parse(text) as RunnerReport);
        this.#changed();
      });
      this.#sockets.add(socket);
      socket.onClose(() => {
        this.#sockets.delete(socket);
        this.#changed();
      });
      this.#changed();
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async close(): Promise<void> {
    this.cutSockets();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Resolves as soon as `condition` holds; a test's own time limit ends what never comes. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition())
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
  }

  order(order: RunnerOrder): void {
    for (const socket of this.#sockets) socket.send(JSON.stringify(order));
  }

  cutSockets(): void {
    for (const socket of this.#sockets) socket.cut();
  }

  /** Cancels as the queue does: the row is final before the order is sent. */
  cancel(item_id: number): void {
    this.queue.cancel(item_id);
    this.order({ order: 'cancel', item_ids: [item_id] });
  }

  /** Takes leases that did not start back, as the queue does for a pause or better work: the rows first. */
  recall(...item_ids: number[]): void {
    const leases = item_ids.map((item_id) => this.queue.lease(item_id));
    for (const item_id of item_ids) this.queue.revoke(item_id);
    this.order({ order: 'recall', leases });
  }

  /** Ends items by a limit of time, likewise. */
  stop(...item_ids: number[]): void {
    const leases = item_ids.map((item_id) => this.queue.lease(item_id));
    for (const item_id of item_ids) this.queue.timeOut(item_id);
    this.order({ order: 'stop', leases });
  }

  #changed(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { pathname } = new URL(request.url ?? '/', 'http://edge');
    const call = callOf(pathname);
    if (!call) return send(response, { status: 404 });
    const fault = this.faultOf(call, ++this.calls[call]);
    this.#changed();
    if (fault === 'hang') return;
    if (fault === 'cut') return void request.socket.destroy();
    const answer =
      fault === 'busy' || fault === 'over' ? refused(fault) : await this.#answer(call, request, pathname, body);
    const last = fault === 'twice' ? await this.#answer(call, request, pathname, body) : answer;
    if (fault === 'lose') request.socket.destroy();
    else this.#send(response, call, last);
    this.#changed();
  }

  #send(response: http.ServerResponse, call: EdgeCall, answer: Answer): void {
    const breakAt = call === 'file' ? this.breakTransfersAt.shift() : undefined;
    const { bytes } = answer;
    if (breakAt === undefined || !bytes) {
      send(response, answer);
      return;
    }
    response.writeHead(answer.status, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, breakAt), () => response.destroy());
  }

  get #intervals(): RunnerIntervals {
    const heartbeat_seconds = this.heartbeatSeconds;
    const idle_heartbeat_seconds = this.idleHeartbeatSeconds ?? heartbeat_seconds;
    return { heartbeat_seconds, idle_heartbeat_seconds, timeout_seconds: heartbeat_seconds * 3 };
  }

  async #answer(call: EdgeCall, request: http.IncomingMessage, pathname: string, body: Buffer): Promise<Answer> {
    if (request.headers.authorization !== `Bearer ${KEY}`)
      return { status: 401, body: problem('unauthenticated', 'no') };
    const name = pathname.split('/').at(-1) ?? '';
    if (call === 'asset') return this.#asset(request.method ?? 'GET', name, body);
    if (call === 'hold' || call === 'preview') return this.#ofAsset(call, pathname.split('/').at(-2) ?? '', body);
    if (call === 'model') return { status: 200, body: this.models.get(name)?.model };
    if (call === 'location') return this.#location(pathname.split('/').at(-4) ?? '', pathname.split('/').at(-2) ?? '');
    if (call === 'file') return this.#file(pathname.split('/').at(-3) ?? '', name, request.headers.range);
    const document: unknown = JSON.parse(body.toString());
    if (call === 'register') {
      this.registrations.push(RegisterBody.parse(document));
      const { runner_id, protocol } = RegisterBody.parse(document);
      const epoch = this.queue.register();
      return {
        status: 200,
        body: {
          protocol,
          runner_id,
          epoch,
          ...this.#intervals,
          unapproved: [],
        },
      };
    }
    if ((document as { epoch: number }).epoch !== this.queue.epoch || !this.queue.isRegistered) return refused('over');
    if (call === 'claim') return { status: 200, body: this.#claim(ClaimBody.parse(document)) };
    if (call === 'heartbeat') {
      this.heartbeats.push(HeartbeatBody.parse(document));
      const result = this.queue.heartbeat(HeartbeatBody.parse(document));
      return { status: 200, body: { ...result, ...this.#intervals } };
    }
    const { entries, claim } = CallbacksBody.parse(document);
    const answers = this.queue.apply(entries);
    return { status: 200, body: { answers, ...(claim ? { claim: this.#claim(claim) } : {}) } };
  }

  async #asset(method: string, name: string, body: Buffer): Promise<Answer> {
    const bytes = this.assets.get(name);
    if (method !== 'PUT')
      return bytes ? { status: 200, bytes } : { status: 404, body: problem('not_found', 'no asset') };
    await this.uploadGate;
    if (createHash('sha256').update(body).digest('hex') !== name)
      return { status: 422, body: problem('digest_mismatch', 'not its bytes') };
    this.assets.set(name, body);
    return { status: 201, body: { asset_name: name, content_type: 'text/plain', size: body.length } };
  }

  #ofAsset(call: 'hold' | 'preview', name: string, body: Buffer): Answer {
    if (!this.assets.has(name)) return { status: 404, body: problem('not_found', 'no asset') };
    if (call === 'preview') this.previews.set(name, body);
    return { status: 200, body: {} };
  }

  #claim(claim: ClaimRequest): ClaimResult {
    this.claims.push(claim);
    return this.queue.claim(claim);
  }

  #location(key: string, sha256: string): Answer {
    const bytes = this.models.get(key)?.files.get(sha256);
    if (!bytes) return { status: 404, body: problem('not_found', 'no such file') };
    return { status: 200, body: { object_key: `models/${sha256}/one`, size: bytes.length } };
  }

  #file(key: string, sha256: string, range: string | undefined): Answer {
    const bytes = this.models.get(key)?.files.get(sha256);
    if (!bytes) return { status: 404, body: problem('not_found', 'no such file') };
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    if (from >= bytes.length && from > 0)
      return { status: 416, body: problem('range_not_satisfiable', 'no such range') };
    return { status: range ? 206 : 200, bytes: bytes.subarray(from) };
  }
}

function callOf(pathname: string): EdgeCall | undefined {
  const runner = /^\/api\/v1\/queue\/default\/runner\/(register|claim|callbacks|heartbeat)$/.exec(pathname);
  if (runner) return runner[1] as EdgeCall;
  const asset = /^\/api\/v1\/assets\/[0-9a-f]{64}(?:\/(hold|preview))?$/.exec(pathname);
  if (asset) return (asset[1] ?? 'asset') as EdgeCall;
  if (/^\/api\/v1\/models\/[^/]+$/.test(pathname)) return 'model';
  const file = /^\/api\/v1\/models\/[^/]+\/files\/[0-9a-f]{64}(\/location)?$/.exec(pathname);
  return file ? (file[1] ? 'location' : 'file') : undefined;
}

const refused = (fault: 'busy' | 'over'): Answer =>
  fault === 'busy'
    ? { status: 503, body: problem('unavailable', 'busy') }
    : { status: 409, body: problem('conflict', 'register again') };

function send(response: http.ServerResponse, { status, body, bytes }: Answer): void {
  response.statusCode = status;
  if (status >= 400) response.setHeader('content-type', 'application/problem+json');
  response.end(bytes ?? (body === undefined ? '' : JSON.stringify(body)));
}
