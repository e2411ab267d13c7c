/** The SDK against a real system: what it runs, and what it makes of lost answers and a system that goes and comes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, createClient } from '../../client/client.ts';
import { RunAbortedError, RunFailedError } from '../../client/run/errors.ts';
import type { RunProgress } from '../../client/run/run-graph.ts';
import { LocalSystem } from '../../infra/local/system.ts';
import { freePort } from './support/free-port.ts';
import { edge } from './support/graph.ts';
import { HoldingProxy } from './support/holding-proxy.ts';

const PATIENCE_MS = 60_000;

let where: { state: string; port: number };
let running: LocalSystem;
let client: Client;

async function start(runners: number): Promise<LocalSystem> {
  running = await LocalSystem.start({ ...where, runners, temporary: false });
  return running;
}

beforeAll(async () => {
  where = { state: mkdtempSync(path.join(tmpdir(), 'switchyard-e2e-')), port: await freePort() };
  client = createClient(await start(1));
}, PATIENCE_MS);
afterAll(async () => {
  await running?.kill();
  rmSync(where.state, { recursive: true, force: true });
}, PATIENCE_MS);

const graph = { nodes: { sum: { type: 'add', a: 1, b: 2 } } };

/** One result for each number below `stop`. */
const iteration = (stop: number) => ({
  nodes: {
    numbers: { type: 'range', start: 0, stop, step: 1, is_intermediate: true },
    each: { type: 'iterate' },
    sum: { type: 'add', b: 100 },
  },
  edges: [edge('numbers.collection', 'each.collection'), edge('each.item', 'sum.a')],
});

test('a graph is run to its outputs, with progress on the way', async () => {
  const seen: RunProgress[] = [];
  const result = await client
    .queue()
    .run(iteration(3), { onProgress: (progress) => seen.push(progress), output: 'sum' });
  expect(result.outputsOf('sum').map((output) => output.value)).toEqual([100, 101, 102]);
  expect(() => result.output('sum')).toThrow('has 3 outputs');
  expect(() => result.output('numbers')).toThrow('is_intermediate');
  const done = seen.filter(({ phase }) => phase === 'completed');
  expect(done.at(-1)).toMatchObject({ node_id: 'sum', invocation_id: 'sum#2', completed: done.length });
  const one = await client.queue().run(graph, { timeout_ms: PATIENCE_MS });
  expect(one.output('sum')).toMatchObject({ value: 3 });
  expect(await client.queue().wait(one.item_id)).toMatchObject({ status: 'completed' });
});

test('a run that fails says why, and one that is aborted is canceled', async () => {
  const failed = client.queue().run({ nodes: { half: { type: 'div', a: 1, b: 0 } } });
  await expect(failed).rejects.toThrow(RunFailedError);
  await expect(failed).rejects.toMatchObject({
    error_type: 'RangeError',
    error_message: expect.stringContaining('divide by zero'),
  });
  const stop = new AbortController();
  const aborted = client.queue().run(iteration(20_000), { signal: stop.signal, onProgress: () => stop.abort() });
  await expect(aborted).rejects.toThrow(RunAbortedError);
  await expect(aborted).rejects.toMatchObject({ canceled: true, status: 'canceled' });
});

test('what was created once is created once, though its answer is lost on the way', async () => {
  const proxy = await HoldingProxy.to(running.url);
  await client.queues.create({ queue_id: 'cut' });
  const cut = createClient({ url: proxy.url, key: running.key });
  proxy.cutAnswer('POST', /enqueue_batch$/);
  const { batch_id } = await cut.queue().run(graph);
  expect(await client.queue().batchStatus(batch_id)).toMatchObject({ completed: 1, total: 1 });
  proxy.cutAnswer('POST', /enqueue_batch$/);
  proxy.cutAnswer('POST', /enqueue_graph$/);
  const queue = cut.queue('cut');
  expect(await queue.enqueueBatch({ batch: { graph, runs: 2 } })).toMatchObject({ item_ids: [1, 2] });
  expect(await queue.enqueueGraph({ graph })).toMatchObject({ item_id: 3 });
  proxy.cutAnswer('DELETE', /i\/2$/);
  await queue.delete(2);
  expect(await queue.itemIds()).toEqual({ item_ids: [1, 3], total_count: 2 });
  proxy.cutAnswer('POST', /keys$/);
  const { key } = await cut.keys.create({ name: 'once', scopes: ['read'], user_id: 'once' });
  expect((await client.keys.list()).filter(({ name }) => name === 'once')).toHaveLength(1);
  expect(await createClient({ url: running.url, key }).keys.current()).toMatchObject({ user_id: 'once' });
});

test('an event stream goes on where it was when the whole system was killed and came back', {
  timeout: PATIENCE_MS,
}, async () => {
  const first = running;
  await client.queues.create({ queue_id: 'kill' });
  const queue = client.queue('kill');
  await queue.enqueueGraph({ graph });
  const modes: string[] = [];
  const batches: number[] = [];
  const sequences: number[] = [];
  for await (const frame of queue.events({ after: 0 })) {
    if (frame.name === 'hello') modes.push(frame.mode);
    if (frame.name === 'hello' || frame.name === 'live' || frame.name === 'snapshot' || frame.sequence === undefined)
      continue;
    sequences.push(frame.sequence);
    if (frame.name !== 'batch_enqueued') continue;
    batches.push(frame.first_item_id ?? 0);
    if (batches.length === 1) {
      await first.kill();
      const { url, key } = await start(0);
      expect({ url, key }).toEqual({ url: first.url, key: first.key });
      // Not through the stream's client: these happen while it is away or coming back.
      for (let item = 2; item <= 4; item++) await createClient({ url, key }).queue('kill').enqueueGraph({ graph });
    }
    if (batches.length === 4) break;
  }
  expect(batches).toEqual([1, 2, 3, 4]);
  expect(sequences).toEqual(sequences.map((_, index) => index + 1));
  expect(modes).not.toContain('snapshot');
});
