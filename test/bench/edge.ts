/** What the rows measure against: a whole local system, a queue of its own, and a client of the runner protocol. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CallbackEntry, CallbacksResult } from '../../contract/runner/callbacks.ts';
import type { ClaimResult, Grant } from '../../contract/runner/claim.ts';
import type { RegisterResult } from '../../contract/runner/register.ts';
import { ENGINE_VERSION, PROTOCOL_VERSION } from '../../contract/version.ts';
import { type Role, readRecord } from '../../infra/local/process-record.ts';
import { LocalSystem } from '../../infra/local/system.ts';

export class BenchEdge {
  readonly system: LocalSystem;
  #queues = 0;

  private constructor(system: LocalSystem) {
    this.system = system;
  }

  /** `runners` work for the queue `default`. */
  static async with<T>(
    signal: AbortSignal,
    measure: (edge: BenchEdge) => Promise<T>,
    { runners = 0 }: { runners?: number } = {},
  ): Promise<T> {
    const state = mkdtempSync(path.join(tmpdir(), 'switchyard-bench-'));
    const system = await LocalSystem.start({ state, port: 0, runners, temporary: true, signal });
    try {
      return await measure(new BenchEdge(system));
    } finally {
      await system.kill();
    }
  }

  post<T>(url: string, body: string, key = this.system.key): Promise<T> {
    return this.#call('POST', url, body, key);
  }

  get<T>(url: string): Promise<T> {
    return this.#call('GET', url, null, this.system.key);
  }

  /** Without a body. */
  put<T>(url: string): Promise<T> {
    return this.#call('PUT', url, null, this.system.key);
  }

  async #call<T>(method: string, url: string, body: string | null, key: string): Promise<T> {
    const response = await fetch(`${this.system.url}${url}`, {
      method,
      body,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        prefer: 'return=minimal',
        // As the agent asks: on one machine compressing costs more than it saves.
        'accept-encoding': 'identity',
      },
    });
    if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
    return response.json() as Promise<T>;
  }

  /** Its processes of one role, as the system itself keeps them. */
  pids(role: Role): number[] {
    const { parts } = readRecord(path.join(this.system.state, 'processes'));
    return parts.filter((part) => part.role === role).map(({ pid }) => pid);
  }

  /** The address of a fresh queue; its object has been woken, so that a measurement does not pay for its migrations. */
  async queue(settings: Record<string, number> = {}): Promise<string> {
    const queue_id = `bench-${++this.#queues}`;
    await this.post('/api/v1/queues', JSON.stringify({ queue_id, settings }));
    return `/api/v1/queue/${queue_id}`;
  }

  socket(url: string): WebSocket {
    const options = { headers: { authorization: `Bearer ${this.system.key}` } };
    // Node's WebSocket takes headers; the type of the web's does not know it.
    return new WebSocket(`${this.system.url.replace('http', 'ws')}${url}`, options as unknown as string[]);
  }
}

/** A graph of one node that costs nothing, with a distinct prompt for each of `count` sessions. */
export const promptBatch = (count: number): string =>
  JSON.stringify({
    batch: {
      graph: { nodes: { prompt: { type: 'string', value: '' } }, edges: [] },
      data: [
        [
          {
            node_path: 'prompt',
            field_name: 'value',
            items: Array.from({ length: count }, (_, index) => `a big red star on striped blue, number ${index}`),
          },
        ],
      ],
    },
  });

/** Speaks the runner protocol and computes nothing. */
export class ProtocolClient {
  readonly #edge: BenchEdge;
  readonly #queue: string;
  #identity = { runner_id: '', epoch: 0 };
  #claims = 0;
  readonly #batches = new Set<string>();

  constructor(edge: BenchEdge, queue: string) {
    this.#edge = edge;
    this.#queue = queue;
  }

  #post<T>(call: string, body: object): Promise<T> {
    return this.#edge.post(
      `${this.#queue}/runner/${call}`,
      JSON.stringify({ ...this.#identity, ...body }),
      this.#edge.system.runner_key,
    );
  }

  async register(runner_id: string): Promise<void> {
    const body = {
      protocol: PROTOCOL_VERSION,
      runner_id,
      name: runner_id,
      engine: ENGINE_VERSION,
      types: { string: '1.0.0' },
      devices: [{ id: 'cpu' }],
    };
    const { epoch } = await this.#post<RegisterResult>('register', body);
    this.#identity = { runner_id, epoch };
  }

  #request(max_items: number) {
    return { claim: ++this.#claims, max_items, batches: [...this.#batches] };
  }

  #learn({ grants, batches }: ClaimResult): Grant[] {
    for (const { batch_id } of batches) this.#batches.add(batch_id);
    return grants;
  }

  async claim(max_items: number): Promise<Grant[]> {
    return this.#learn(await this.#post<ClaimResult>('claim', this.#request(max_items)));
  }

  /** Reports whole sessions of the one-node graph and claims the next ones in the same request. */
  async complete(grants: readonly Grant[], max_items: number): Promise<Grant[]> {
    const entries = grants.flatMap(sessionEntries);
    const result = await this.#post<CallbacksResult>('callbacks', { entries, claim: this.#request(max_items) });
    const wrong = result.answers.find(({ answer }) => answer !== 'recorded');
    if (wrong) throw new Error(`a callback was answered ${wrong.answer}`);
    return result.claim ? this.#learn(result.claim) : [];
  }
}

function sessionEntries({ item_id, fence, token, values }: Grant): CallbackEntry[] {
  const lease = { item_id, fence, token };
  const at = new Date().toISOString();
  return [
    { ...lease, kind: 'session_started', device: 'cpu' },
    { ...lease, kind: 'invocation_started', invocation_id: 'prompt', at },
    {
      ...lease,
      kind: 'invocation_complete',
      invocation_id: 'prompt',
      started_at: at,
      completed_at: at,
      seconds: 0,
      cached: false,
      result: { type: 'string_output', value: values[0]?.value },
    },
    { ...lease, kind: 'session_complete', results: 1 },
  ];
}
