import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createClient } from '../../client/client.ts';
import type { QueueClient } from '../../client/queue.ts';
import type { QueueEvent } from '../../contract/event/registry.ts';
import type { ItemSummary } from '../../contract/queue/item.ts';
import { CAN_SEE_PROCESSES, type Command, npm, scratch, switchyard } from './support/command.ts';
import { freePort } from './support/free-port.ts';
import { ProtocolRunner } from './support/protocol-runner.ts';

const PATIENCE_MS = 120_000;

interface Ready {
  url: string;
  key: string;
  runner_key: string;
  state: string;
  pid: number;
}

const ready = async (command: Command): Promise<Ready> => JSON.parse(await command.line(/^\{"url"/)) as Ready;

async function items(queue: QueueClient): Promise<ItemSummary[]> {
  return (await queue.list({ limit: 1_000 })).items;
}

/** Events from the first one on, until `enough`. */
async function events(queue: QueueClient, enough: (event: QueueEvent) => boolean): Promise<QueueEvent[]> {
  const seen: QueueEvent[] = [];
  for await (const frame of queue.events({ after: 0 })) {
    if (frame.name === 'hello') expect(frame.mode).not.toBe('snapshot');
    if (frame.name === 'hello' || frame.name === 'snapshot' || frame.name === 'live') continue;
    seen.push(frame);
    if (enough(frame)) break;
  }
  return seen;
}

const batch = {
  graph: {
    nodes: {
      number: { id: 'number', type: 'integer', value: 0, is_intermediate: true },
      sum: { id: 'sum', type: 'add', b: 1 },
    },
    edges: [{ source: { node_id: 'number', field: 'value' }, destination: { node_id: 'sum', field: 'a' } }],
  },
  data: [[{ node_path: 'number', field_name: 'value', items: Array.from({ length: 20 }, (_, index) => index) }]],
};

describe.runIf(CAN_SEE_PROCESSES)('a local system', () => {
  test('goes on after kill -9 of everything, and charges no start that did not happen', {
    timeout: PATIENCE_MS,
  }, async () => {
    const state = path.join(scratch(), 'state');
    const args = [
      'start',
      '--silent',
      '--',
      '--port',
      String(await freePort()),
      '--state',
      state,
      '--runners',
      '0',
      '--json',
    ];
    const first = npm(...args);
    const { url, key, runner_key } = await ready(first);
    expect(first.lines).toHaveLength(1);

    const client = createClient({ url, key });
    await client.queues.create({ queue_id: 'kill', settings: { runner_timeout_seconds: 2, max_attempts: 2 } });
    const queue = client.queue('kill');
    await queue.enqueueBatch({ batch });
    const runner = new ProtocolRunner({ url, key: runner_key, queue: 'kill' });
    await runner.register({ integer: '1.0.0', add: '1.0.0' });
    const grants = await runner.claim(13);
    expect(grants).toHaveLength(13);
    const started = grants.slice(0, 3).map(({ item_id }) => item_id);
    await runner.start(grants.slice(0, 3));

    first.killAll();
    await first.ended;
    const second = npm(...args);
    const again = await ready(second);
    expect(again).toMatchObject({ url, key, runner_key, state });

    const before = await items(queue);
    expect(before).toHaveLength(20);
    for (const { item_id, attempts, started_at } of before) {
      expect(attempts, `item ${item_id}`).toBe(started.includes(item_id) ? 1 : 0);
      expect(started_at !== null).toBe(started.includes(item_id));
    }

    const worker = switchyard('runner', '--url', url, '--key', runner_key, '--queue', 'kill', '--device', 'cpu');
    const completed = new Set<number>();
    const seen = await events(queue, (event) => {
      if (event.name === 'queue_item_status_changed' && event.status === 'completed') completed.add(event.item_id);
      return completed.size === 20;
    });
    worker.kill('SIGTERM');
    expect((await worker.ended).code, worker.output()).toBe(0);

    expect((await items(queue)).map(({ status }) => status)).toEqual(Array(20).fill('completed'));
    const starts = new Map<number, number>();
    for (const event of seen)
      if (event.name === 'queue_item_status_changed' && event.status === 'in_progress')
        starts.set(event.item_id, (starts.get(event.item_id) ?? 0) + 1);
    for (const { item_id } of before)
      expect(starts.get(item_id), `item ${item_id}`).toBe(started.includes(item_id) ? 2 : 1);
    const expired = seen.flatMap((event) => (event.name === 'lease_expired' ? [event.item_id] : []));
    expect(expired.sort()).toEqual(started);
    const { outputs } = await queue.outputs(before[4]!.item_id);
    expect(outputs.map(({ invocation_id, result }) => [invocation_id, result.value])).toEqual([['sum', 5]]);

    second.kill('SIGTERM');
    await second.ended;
    await second.nothingLeft(5_000);
  });

  test('leaves nothing when only its front, only npm, or all of Node is killed', { timeout: PATIENCE_MS }, async () => {
    const state = path.join(scratch(), 'state');
    const start = () => npm('start', '--silent', '--', '--port', '0', '--state', state, '--runners', '1', '--json');

    const front = start();
    process.kill((await ready(front)).pid, 'SIGKILL');
    await front.nothingLeft(10_000);

    const launcher = start();
    await ready(launcher);
    launcher.kill('SIGKILL');
    await launcher.nothingLeft(20_000);

    const orphan = start();
    await ready(orphan);
    orphan.killAll();
    await orphan.nothingLeft(5_000);

    const last = start();
    const { pid } = await ready(last);
    process.kill(pid, 'SIGTERM');
    expect((await last.ended).code, last.output()).toBe(0);
    await last.nothingLeft(5_000);
  });

  test('shares its state folder with no other, and says who has it', { timeout: PATIENCE_MS }, async () => {
    const state = path.join(scratch(), 'state');
    const first = switchyard('up', '--port', '0', '--state', state, '--runners', '0', '--json');
    const { url, key, pid } = await ready(first);
    const second = switchyard('up', '--port', '0', '--state', state, '--runners', '0', '--json');
    expect((await second.ended).code).toBe(1);
    expect(second.errors.join('\n')).toContain(`pid ${pid}, ${url}`);
    expect(second.lines).toEqual([]);
    await createClient({ url, key }).queue().status();
    first.kill('SIGINT');
    expect((await first.ended).code).toBe(0);
  });
});
