import { beforeAll, describe, expect, test, vi } from 'vitest';
import { Capacity } from '../../contract/queue/capacity.ts';
import { CountsByDestination } from '../../contract/queue/queue.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { answerOf } from '../testing/answer.ts';
import { integerGraph, TestQueue } from '../testing/queue.ts';

let ann: Call;
let bob: Call;
beforeAll(async () => {
  await migrateAccount();
  const scopes = ['read', 'enqueue', 'cancel'] as ('read' | 'enqueue' | 'cancel')[];
  ann = caller(await makeKey({ scopes, user_id: 'ann' }));
  bob = caller(await makeKey({ scopes, user_id: 'bob' }));
});

describe('counters and signals', () => {
  test('of a destination: everybody’s for an admin, others their own', async () => {
    const queue = await TestQueue.create();
    const { prefix } = queue;
    await queue.enqueue({ runs: 3, destination: 'canvas:1' }, ann);
    await queue.enqueue({ runs: 2, destination: 'canvas:1' }, bob);
    const counts = (call: Call, destination: string) =>
      answerOf(
        call,
        `${prefix}/counts_by_destination?destination=${encodeURIComponent(destination)}`,
        CountsByDestination,
      );
    expect(await counts(queue.admin, 'canvas:1')).toMatchObject({ pending: 5, total: 5, destination: 'canvas:1' });
    expect(await counts(bob, 'canvas:1')).toMatchObject({ pending: 2, total: 2 });
    expect(await counts(bob, 'nowhere')).toMatchObject({ pending: 0, total: 0 });
    expect((await bob('GET', `${prefix}/counts_by_destination`)).status).toBe(422);
  });

  test('metrics are Prometheus text, capacity is JSON', async () => {
    const queue = await TestQueue.create();
    const { prefix } = queue;
    await queue.enqueue({ runs: 3 }, ann);
    await queue.register();
    for (const grant of await queue.claim(1)) await queue.post(entries(grant).started);
    const metrics = await bob('GET', `${prefix}/metrics`);
    expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await metrics.text();
    const { queue_id } = queue;
    expect(text).toContain(`switchyard_items{queue="${queue_id}",status="pending"} 2\n`);
    expect(text).toContain(`switchyard_sockets{queue="${queue_id}",kind="events"} 0\n`);
    const capacity = await answerOf(queue.admin, `${prefix}/capacity`, Capacity);
    expect(capacity.demands).toMatchObject([{ pending: 2, in_progress: 1, runners_able: 1, runners_idle: 0 }]);
    expect((await bob('GET', `${prefix}/capacity`)).status).toBe(403);
  });
});

test('an enqueue’s trace goes to its runner and into the log', async () => {
  const queue = await TestQueue.create();
  const { prefix } = queue;
  const log = vi.spyOn(console, 'log').mockReturnValue();
  const trace_id = '4bf92f3577b34da6a3ce929d0e0e4736';
  const headers = { traceparent: `00-${trace_id}-00f067aa0ba902b7-01` };
  const response = await ann('POST', `${prefix}/enqueue_graph`, { json: { graph: integerGraph }, headers });
  expect(response.status).toBe(201);
  await queue.register();
  const [grant] = await queue.claim(1);
  if (!grant) throw new Error('no grant');
  await queue.post(entries(grant).started);
  expect(grant.traceparent).toMatch(new RegExp(`^00-${trace_id}-[0-9a-f]{16}-01$`));
  const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
  log.mockRestore();
  expect(lines.filter((line) => line.trace_id === trace_id)).toMatchObject([
    { level: 'info', message: 'batch enqueued', user_id: 'ann' },
    { level: 'info', message: 'item in_progress', item_id: 1, status: 'in_progress', status_sequence: 1 },
  ]);
});
