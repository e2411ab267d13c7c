import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../client/client.ts';
import type { SessionView } from '../../contract/queue/item.ts';
import { ItemStats } from '../../contract/queue/statistics.ts';
import { LocalSystem } from '../../infra/local/system.ts';
import { scratch, switchyard } from './support/command.ts';
import { ProtocolRunner, result } from './support/protocol-runner.ts';

const PATIENCE_MS = 60_000;
/** As JSON they are more than a record may have. */
const NUMBERS = 15_000;

const edge = (from: string, to: string) => {
  const port = (text: string) => ({ node_id: text.split('.')[0] ?? '', field: text.split('.')[1] ?? '' });
  return { source: port(from), destination: port(to) };
};

/** Adds one to the last numbers of a long list, and gathers them. */
const graph = (count: number) => ({
  nodes: {
    all: { type: 'range', start: 0, stop: NUMBERS, step: 1, is_intermediate: true },
    some: { type: 'collection_slice', start: NUMBERS - count, is_intermediate: true },
    each: { type: 'iterate' },
    sum: { type: 'add', b: 1, is_intermediate: true },
    sums: { type: 'collect' },
    list: { type: 'integer_collection' },
  },
  edges: [
    edge('all.collection', 'some.collection'),
    edge('some.collection', 'each.collection'),
    edge('each.item', 'sum.a'),
    edge('sum.value', 'sums.item'),
    edge('sums.collection', 'list.collection'),
  ],
});

/** What the runs of an item took. */
async function statsOf({ url, key }: LocalSystem, item_id: number): Promise<ItemStats> {
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${url}/api/v1/queue/default/i/${item_id}/stats`, { headers });
  return ItemStats.parse(await response.json());
}

/** Of an item, once it has ended. */
async function outputs({ url, key }: LocalSystem, item_id: number): Promise<unknown> {
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${url}/api/v1/queue/default/i/${item_id}/outputs?wait=50`, { headers });
  return ((await response.json()) as { outputs: unknown }).outputs;
}

test('an iteration goes on at another runner with what was recorded, a list among it that no record holds', {
  timeout: PATIENCE_MS,
}, async () => {
  const system = await LocalSystem.start({
    state: path.join(scratch(), 'state'),
    port: 0,
    runners: 0,
    temporary: false,
  });
  onTestFinished(() => system.kill());
  const client = createClient(system);
  const queue = client.queue();
  const args = ['--url', system.url, '--key', system.runner_key, '--queue', 'default', '--device', 'cpu'];

  const { item_id: whole } = await queue.enqueueGraph({ graph: graph(3) });
  const first = switchyard('runner', ...args);
  expect(await outputs(system, whole)).toMatchObject([
    { invocation_id: 'list', result: { collection: [NUMBERS - 2, NUMBERS - 1, NUMBERS] } },
  ]);
  first.kill('SIGTERM');
  expect((await first.ended).code, first.output()).toBe(0);

  const stats = await statsOf(system, whole);
  expect(stats).toMatchObject({
    status: 'completed',
    runs: [
      {
        ...{ attempt: 1, device: 'cpu', runner_id: expect.any(String), started_at: expect.any(String) },
        graph_stats: { graph_execution_state_id: stats.session_id, ram_usage_gb: expect.any(Number) },
        node_stats: [
          { node_type: 'range', num_calls: 1 },
          { node_type: 'collection_slice', num_calls: 1 },
          { node_type: 'add', num_calls: 3 },
          { node_type: 'integer_collection', num_calls: 1 },
        ],
        transfer: { bytes_read: 0, bytes_written: expect.any(Number) },
      },
    ],
  });
  expect(stats.queue_wait_seconds).toBeGreaterThan(0);
  expect(stats.runs[0]?.transfer?.bytes_written).toBeGreaterThan(NUMBERS);
  expect(stats.runs[0]).not.toHaveProperty('model_cache_stats');

  const recorded = [];
  for await (const invocation of queue.invocations(whole)) recorded.push(invocation);
  expect(recorded.map(({ invocation_id }) => invocation_id)).toEqual([
    ...['all', 'some', 'sum#0', 'sum#1', 'sum#2', 'list'],
  ]);
  const stored = recorded[0]!.result!.collection as { asset_name: string; length: number };
  expect(stored).toMatchObject({ stored: 'integer[]', length: NUMBERS });
  const { bytes } = await client.assets.download(stored.asset_name);
  expect(JSON.parse(Buffer.from(bytes).toString())).toHaveLength(NUMBERS);
  const view = (await queue.item(whole)).session as SessionView;
  expect(view).toMatchObject({
    executed_history: ['all', 'some', 'each', 'sum', 'sums', 'list'],
    source_prepared_mapping: { sum: ['sum#0', 'sum#1', 'sum#2'], sums: ['sums'] },
    results: { 'each#2': { item: NUMBERS - 1, index: 2, total: 3 }, sums: { collection: { length: 3 } } },
  });

  const { item_id: half } = await queue.enqueueGraph({ graph: graph(2) });
  const gone = new ProtocolRunner({ url: system.url, key: system.runner_key, queue: 'default' });
  await gone.register({ range: '1.0.0', collection_slice: '1.0.0', add: '1.0.0', integer_collection: '1.0.0' });
  const [grant] = await gone.claim(1);
  expect(grant).toMatchObject({ item_id: half });
  await gone.start([grant!]);
  await gone.report([result(grant!, 'all', { type: 'integer_collection_output', collection: stored })]);
  // Released with nothing said of the slice: whoever goes on needs the list itself.
  await gone.release(grant!);
  const second = switchyard('runner', ...args);
  expect(await outputs(system, half)).toMatchObject([
    { invocation_id: 'list', result: { collection: [NUMBERS - 1, NUMBERS] } },
  ]);
  const attempts = [];
  for await (const { invocation_id, attempt } of queue.invocations(half)) attempts.push([invocation_id, attempt]);
  expect(attempts).toEqual([['all', 1], ...['some', 'sum#0', 'sum#1', 'list'].map((id) => [id, 2])]);
  second.kill('SIGTERM');
  expect((await second.ended).code, second.output()).toBe(0);
});
