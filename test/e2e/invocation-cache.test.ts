/** Work that was done is not done again: on the same runner, on another one, and for whom the queue says. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { textToImage } from '../../cli/demo/sweep.ts';
import { createClient } from '../../client/client.ts';
import type { QueueClient } from '../../client/queue.ts';
import type { InvocationCacheStatus } from '../../contract/queue/invocation-cache.ts';
import type { LocalSystem } from '../../infra/local/system.ts';
import { scratch } from './support/command.ts';
import { edge } from './support/graph.ts';
import { history, invocationsOf } from './support/invocations.ts';
import { localEdge } from './support/local-edge.ts';
import { nodeCalls, TestAgent } from './support/test-agent.ts';

const PATIENCE_MS = 180_000;

/** Nodes that take so little that nobody keeps what they give. */
const QUICK = ['model', 'noise', 'save'];
const SLOW = ['decode', 'denoise', 'negative', 'positive'];

class World {
  readonly system: LocalSystem;
  readonly folder = scratch();
  #agents = 0;

  constructor(system: LocalSystem) {
    this.system = system;
  }

  get calls(): string {
    return path.join(this.folder, 'calls');
  }

  /** With an empty disk of its own. */
  agent(nodeMs = 0): { agent: TestAgent; cache: string } {
    const cache = path.join(this.folder, `cache-${++this.#agents}`);
    const { system, calls } = this;
    const agent = new TestAgent({ system, queue: 'default', cache, calls, nodeMs });
    onTestFinished(async () => void (await agent.kill('SIGKILL')));
    return { agent, cache };
  }

  async call<Result>(method: string, address: string, json?: unknown): Promise<Result> {
    const headers = { authorization: `Bearer ${this.system.key}`, 'content-type': 'application/json' };
    const body = json === undefined ? null : JSON.stringify(json);
    const response = await fetch(`${this.system.url}/api/v1/${address}`, { method, headers, body });
    expect(response.status, address).toBe(200);
    return (await response.json()) as Result;
  }

  cache(method: 'GET' | 'PUT' | 'DELETE', what = ''): Promise<InvocationCacheStatus> {
    return this.call(method, `app/invocation_cache${what}`);
  }

  async user(user_id: string): Promise<QueueClient> {
    const client = createClient(this.system);
    const { key } = await client.keys.create({ name: user_id, user_id, scopes: ['read', 'enqueue', 'cancel'] });
    return createClient({ url: this.system.url, key }).queue();
  }

  /** Runs a graph to its end: what ran, what was taken, and what it gave. */
  async run(queue: QueueClient, graph: Parameters<QueueClient['enqueueGraph']>[0]['graph']) {
    const { item_id } = await queue.enqueueGraph({ graph });
    const item = await this.call<{ status: string; error_message?: string }>(
      'GET',
      `queue/default/i/${item_id}?wait=50`,
    );
    expect(item.status, item.error_message ?? '').toBe('completed');
    const records = await invocationsOf(queue, item_id);
    const ran = nodeCalls(this.calls).filter((call) => call.item_id === item_id);
    return {
      item_id,
      ran: ran.map(({ invocation_id }) => invocation_id).sort(),
      cached: records
        .filter(({ cached }) => cached)
        .map(({ invocation_id }) => invocation_id)
        .sort(),
      results: Object.fromEntries(records.map(({ invocation_id, result }) => [invocation_id, result])),
    };
  }
}

/** Of the model, on a runner's disk. */
const modelFiles = (cache: string): string[] =>
  existsSync(cache)
    ? readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.onnx'))
    : [];

type Graph = ReturnType<typeof textToImage>;

const changed = (graph: Graph, id: string, fields: Record<string, unknown>): Graph => {
  const node = graph.nodes[id];
  if (!node) throw new Error(`the graph has no node ${id}`);
  return { ...graph, nodes: { ...graph.nodes, [id]: { ...node, ...fields } } };
};

const without = (ids: readonly string[], some: readonly string[]) => ids.filter((id) => !some.includes(id));

test('the same image is made once: not by the same runner again, nor by one that has neither memory nor model', {
  timeout: PATIENCE_MS,
}, async () => {
  const world = new World(await localEdge());
  const ann = await world.user('ann');
  const image = changed(textToImage(12), 'positive', { prompt: 'a big red circle on blue' });
  const first = world.agent();
  const made = await world.run(ann, image);
  expect(made.ran).toEqual([...SLOW, ...QUICK].sort());
  expect(made.cached).toEqual([]);

  const again = await world.run(ann, image);
  expect(without(again.ran, QUICK)).toEqual([]);
  expect(again.cached).toEqual(expect.arrayContaining(SLOW));
  expect(again.results).toEqual(made.results);
  await first.agent.kill('SIGKILL');

  const second = world.agent();
  const elsewhere = await world.run(ann, image);
  expect(without(elsewhere.ran, QUICK)).toEqual([]);
  expect(elsewhere.cached).toEqual(expect.arrayContaining(SLOW));
  expect(elsewhere.results).toEqual(made.results);
  expect(modelFiles(first.cache)).not.toEqual([]);
  expect(modelFiles(second.cache)).toEqual([]);
  const told = (await history(ann)).flatMap((event) =>
    event.name === 'invocation_complete' && event.item_id === elsewhere.item_id && event.cached
      ? event.invocation_source_id
      : [],
  );
  expect([...told].sort()).toEqual(elsewhere.cached);

  // Another seed is other work, but for the prompts: their values are needed and so they are made, the model with them.
  const other = await world.run(ann, changed(image, 'noise', { seed: 7 }));
  expect(other.ran).toEqual(expect.arrayContaining(SLOW));
  expect(other.results.decode).not.toEqual(made.results.decode);
});

test('whose results are taken is the queue’s setting, and nothing of before once it was cleared', {
  timeout: PATIENCE_MS,
}, async () => {
  const world = new World(await localEdge());
  const [ann, bob] = [await world.user('ann'), await world.user('bob')];
  const graph = {
    nodes: { a: { type: 'add', a: 1, b: 2 }, b: { type: 'add', b: 3 } },
    edges: [edge('a.value', 'b.a')],
  };
  // Slow enough that the queue keeps it.
  world.agent(60);
  const ran = async (queue: QueueClient) => (await world.run(queue, graph)).ran;
  expect(await ran(ann)).toEqual(['a', 'b']);
  expect(await ran(ann)).toEqual([]);
  expect(await ran(bob)).toEqual(['a', 'b']);
  expect(await ran(bob)).toEqual([]);
  expect(await world.cache('GET', '/status')).toEqual({ size: 4, hits: 4, misses: 4, enabled: true, max_size: 10_000 });

  await world.call('PATCH', 'queues/default', { invocation_cache: 'shared' });
  expect(await ran(ann)).toEqual(['a', 'b']);
  expect(await ran(bob)).toEqual([]);

  expect(await world.cache('PUT', '/disable')).toMatchObject({ enabled: false });
  expect(await ran(bob)).toEqual(['a', 'b']);
  expect(await world.cache('PUT', '/enable')).toMatchObject({ enabled: true });
  expect(await ran(bob)).toEqual([]);
  expect(await world.cache('DELETE')).toMatchObject({ size: 0, hits: 0, misses: 0 });
  expect(await ran(bob)).toEqual(['a', 'b']);
  expect(await ran(bob)).toEqual([]);

  const strict = { ...graph, nodes: { ...graph.nodes, b: { ...graph.nodes.b, use_cache: false } } };
  expect((await world.run(bob, strict)).ran).toEqual(['b']);
});
