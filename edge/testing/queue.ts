/** A queue of the Worker under test, and a runner that works in it through HTTP. */
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import type { EnqueueBatchResult } from '../../contract/queue/batch.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import { ENGINE_VERSION, PROTOCOL_VERSION } from '../../contract/version.ts';
import { BUILTIN_CATALOGUE } from '../catalogue.ts';
import { queueStub } from '../env.ts';
import { type Call, caller, makeKey } from './account.ts';
import { TestSocket } from './socket.ts';

export const integerGraph = { nodes: { n: { id: 'n', type: 'integer', value: 1 } }, edges: [] };

const TYPES = Object.fromEntries(
  Object.values(BUILTIN_CATALOGUE.node_types).map(({ type, version }) => [type, version]),
);

let queues = 0;

export class TestQueue {
  readonly queue_id = `tested-${++queues}`;
  readonly prefix = `/api/v1/queue/${this.queue_id}`;
  readonly key: string;
  readonly admin: Call;
  readonly #runnerKey: string;
  readonly #runner: Call;
  #identity = { runner_id: '', epoch: 0 };
  #claims = 0;

  private constructor(key: string, runnerKey: string) {
    this.key = key;
    this.admin = caller(key);
    this.#runnerKey = runnerKey;
    this.#runner = caller(runnerKey);
  }

  static async create(settings: object = {}): Promise<TestQueue> {
    const queue = new TestQueue(await makeKey(), await makeKey({ scopes: ['runner'] }));
    const { queue_id } = queue;
    const response = await queue.admin('POST', '/api/v1/queues', { json: { queue_id, settings } });
    expect(response.status, await response.clone().text()).toBe(201);
    return queue;
  }

  get stub() {
    return queueStub(env, this.queue_id);
  }

  events(query = '', key = this.key): Promise<TestSocket> {
    return TestSocket.open(`${this.prefix}/events${query}`, key);
  }

  async enqueue(batch: object = {}, call = this.admin): Promise<EnqueueBatchResult> {
    const response = await call('POST', `${this.prefix}/enqueue_batch`, {
      json: { batch: { graph: integerGraph, ...batch } },
    });
    expect(response.status, await response.clone().text()).toBe(201);
    return response.json();
  }

  async register(runner_id = 'r1'): Promise<void> {
    const json = {
      protocol: PROTOCOL_VERSION,
      runner_id,
      name: runner_id,
      engine: ENGINE_VERSION,
      types: TYPES,
      devices: [{ id: 'cuda:1' }],
    };
    const response = await this.#runner('POST', `${this.prefix}/runner/register`, { json });
    expect(response.status, await response.clone().text()).toBe(200);
    this.#identity = { runner_id, epoch: (await response.json<{ epoch: number }>()).epoch };
    this.#claims = 0;
  }

  runnerSocket(): Promise<TestSocket> {
    const { runner_id, epoch } = this.#identity;
    return TestSocket.open(`${this.prefix}/runner/socket?runner_id=${runner_id}&epoch=${epoch}`, this.#runnerKey);
  }

  async claim(max_items: number): Promise<Grant[]> {
    const json = { ...this.#identity, claim: ++this.#claims, max_items };
    const response = await this.#runner('POST', `${this.prefix}/runner/claim`, { json });
    expect(response.status, await response.clone().text()).toBe(200);
    return (await response.json<{ grants: Grant[] }>()).grants;
  }

  async post(...entries: object[]): Promise<string[]> {
    const json = { ...this.#identity, entries };
    const response = await this.#runner('POST', `${this.prefix}/runner/callbacks`, { json });
    expect(response.status, await response.clone().text()).toBe(200);
    return (await response.json<{ answers: { answer: string }[] }>()).answers.map(({ answer }) => answer);
  }
}
