/** The edge's HTTP interface as a runner uses it: typed calls, each made once. Who calls decides about trying again. */
import { createHash } from 'node:crypto';
import { setTimeout as after } from 'node:timers';
import { z } from 'zod';
import { PROBLEM_CONTENT_TYPE, type Problem } from '../../contract/error/problem.ts';
import { CallbacksResult } from '../../contract/runner/callbacks.ts';
import { type ClaimBody, ClaimResult } from '../../contract/runner/claim.ts';
import { type HeartbeatBody, HeartbeatResult } from '../../contract/runner/heartbeat.ts';
import {
  type RegisterBody,
  RegisterResult,
  type RunnerTypesBody,
  RunnerTypesResult,
} from '../../contract/runner/register.ts';
import { Model, ModelFileLocation } from '../../contract/store/model.ts';
import { EdgeRefusal } from './edge-error.ts';

/** The small image of an asset. */
export interface Preview {
  asset_name: string;
  content_type: string;
  bytes: Uint8Array;
}

/** sha256 of its bytes. */
const ASSET_NAME = /^[0-9a-f]{64}$/;

/** A protocol call that takes longer has lost its connection without a word. */
const CALL_MS = 30_000;
/** Bytes may be many; the time is for the whole of an upload of the largest size over a slow line. */
const UPLOAD_MS = 600_000;

export interface EdgeAddress {
  url: string;
  key: string;
  queue_id: string;
}

export class EdgeApi {
  readonly #api: string;
  readonly #runner: string;
  readonly #key: string;
  readonly #queue_id: string;
  /** Aborts every call when the agent ends. */
  readonly #ending: AbortSignal;

  constructor({ url, key, queue_id }: EdgeAddress, ending: AbortSignal) {
    this.#api = `${url.replace(/\/+$/, '')}/api/v1`;
    this.#runner = `${this.#api}/queue/${encodeURIComponent(queue_id)}/runner`;
    this.#key = key;
    this.#queue_id = queue_id;
    this.#ending = ending;
  }

  get authorization(): string {
    return `Bearer ${this.#key}`;
  }

  /** The address of the socket for orders and progress. */
  socketUrl(runner_id: string, epoch: number): string {
    const query = new URLSearchParams({ runner_id, epoch: String(epoch) });
    return `${this.#runner.replace(/^http/, 'ws')}/socket?${query}`;
  }

  register(body: RegisterBody): Promise<RegisterResult> {
    return this.#post('register', JSON.stringify(body), RegisterResult);
  }

  types(body: RunnerTypesBody): Promise<RunnerTypesResult> {
    return this.#post('types', JSON.stringify(body), RunnerTypesResult);
  }

  claim(body: ClaimBody): Promise<ClaimResult> {
    return this.#post('claim', JSON.stringify(body), ClaimResult);
  }

  /** `body` is a CallbacksBody as JSON: its entries were written by the device. */
  callbacks(body: string): Promise<CallbacksResult> {
    return this.#post('callbacks', body, CallbacksResult);
  }

  /** One that hangs must not take the place of the next: the silence would cost the runner its leases. */
  heartbeat(body: HeartbeatBody, limitMs: number): Promise<HeartbeatResult> {
    return this.#post('heartbeat', JSON.stringify(body), HeartbeatResult, limitMs);
  }

  /** Whether the queue has the asset; if so, it holds it as if the bytes had been sent once more. */
  async holdAsset(asset_name: string): Promise<boolean> {
    return this.#fetch(this.#assetUrl(asset_name, '/hold'), { method: 'POST' }, CALL_MS, async (response) => {
      if (response.status !== 404) await answer(response);
      else await response.body?.cancel();
      return response.status !== 404;
    });
  }

  async putAsset(asset_name: string, content_type: string, bytes: Uint8Array): Promise<void> {
    const headers = { 'content-type': content_type };
    const init = { method: 'PUT', headers, body: bytes as Uint8Array<ArrayBuffer> };
    await this.#fetch(this.#assetUrl(asset_name), init, UPLOAD_MS, answer);
  }

  /** Gives an image that is stored its small one. */
  async putPreview({ asset_name, content_type, bytes }: Preview): Promise<void> {
    const headers = { 'content-type': content_type };
    const init = { method: 'PUT', headers, body: bytes as Uint8Array<ArrayBuffer> };
    await this.#fetch(this.#assetUrl(asset_name, '/preview'), init, CALL_MS, answer);
  }

  async getAsset(asset_name: string): Promise<Uint8Array> {
    // A node may have got it from anywhere, and it becomes a part of an address.
    if (!ASSET_NAME.test(asset_name)) throw new EdgeRefusal(404, { detail: `"${asset_name}" is no name of an asset` });
    const bytes = await this.#fetch(this.#assetUrl(asset_name), {}, UPLOAD_MS, async (response) => {
      if (!response.ok) throw await refusal(response);
      return new Uint8Array(await response.arrayBuffer());
    });
    const digest = createHash('sha256').update(bytes).digest('hex');
    if (digest !== asset_name) throw new Error(`the asset arrived damaged: its digest is ${digest}`);
    return bytes;
  }

  async model(key: string, hash: string | undefined): Promise<Model> {
    const query = hash === undefined ? '' : `?hash=${hash}`;
    return Model.parse(
      await this.#fetch(`${this.#api}/models/${encodeURIComponent(key)}${query}`, {}, CALL_MS, answer),
    );
  }

  /** Which object of the bucket has the bytes. */
  async modelFileLocation(key: string, sha256: string, signal: AbortSignal): Promise<ModelFileLocation> {
    const url = `${this.#api}/models/${encodeURIComponent(key)}/files/${sha256}/location`;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]);
    return ModelFileLocation.parse(
      await answer(await fetch(url, { headers: { authorization: this.authorization }, signal: limit })),
    );
  }

  /** The bytes of a model's file from `from` on; without a time limit, since the reader sees whether they come. */
  async modelFile(key: string, sha256: string, from: number, signal: AbortSignal): Promise<Response> {
    const url = `${this.#api}/models/${encodeURIComponent(key)}/files/${sha256}`;
    const headers = { authorization: this.authorization, ...(from > 0 ? { range: `bytes=${from}-` } : {}) };
    const response = await fetch(url, { headers, signal: AbortSignal.any([this.#ending, signal]) });
    if (!response.ok) throw await refusal(response);
    return response;
  }

  /** A runner's assets belong to its queue until a recorded result says whose they are. */
  #assetUrl(asset_name: string, part: '' | '/hold' | '/preview' = ''): string {
    return `${this.#api}/assets/${asset_name}${part}?${new URLSearchParams({ queue_id: this.#queue_id })}`;
  }

  async #post<Schema extends z.ZodType>(
    call: string,
    body: string,
    schema: Schema,
    limitMs: number = CALL_MS,
  ): Promise<z.output<Schema>> {
    // Answers are small and many: unpacking them costs an agent at full speed a tenth of its time.
    const headers = { 'content-type': 'application/json', 'accept-encoding': 'identity' };
    const init = { method: 'POST', headers, body };
    return schema.parse(await this.#fetch(`${this.#runner}/${call}`, init, limitMs, answer));
  }

  /**
   * What `read` makes of the answer, within the limit. The signal is the call's own and nothing of it is left afterwards:
   * Node keeps one of `AbortSignal.any` and `AbortSignal.timeout` until its time has come, and calls come by the thousand.
   */
  async #fetch<Result>(
    url: string,
    init: RequestInit,
    limitMs: number,
    read: (response: Response) => Promise<Result>,
  ): Promise<Result> {
    const call = new AbortController();
    const end = () => call.abort(this.#ending.reason);
    const timer = after(() => call.abort(new DOMException(`no answer within ${limitMs} ms`, 'TimeoutError')), limitMs);
    this.#ending.addEventListener('abort', end, { once: true });
    if (this.#ending.aborted) end();
    try {
      const headers = { ...(init.headers as Record<string, string>), authorization: this.authorization };
      return await read(await fetch(url, { ...init, headers, signal: call.signal }));
    } finally {
      clearTimeout(timer);
      this.#ending.removeEventListener('abort', end);
    }
  }
}

/** The JSON of an answer; reads it to the end in any case, so that the connection can be used again. */
async function answer(response: Response): Promise<unknown> {
  if (!response.ok) throw await refusal(response);
  const text = await response.text();
  return text === '' ? null : JSON.parse(text);
}

const RetryAfter = z.coerce.number().min(0).max(300);

async function refusal(response: Response): Promise<EdgeRefusal> {
  const text = await response.text();
  const seconds = RetryAfter.safeParse(response.headers.get('retry-after') ?? undefined);
  const isProblem = response.headers.get('content-type')?.startsWith(PROBLEM_CONTENT_TYPE) ?? false;
  const problem = isProblem ? (JSON.parse(text) as Partial<Problem>) : null;
  return new EdgeRefusal(response.status, problem, seconds.success ? seconds.data * 1000 : 0);
}
