import { expect, test } from 'vitest';
import { edge, graphOf, start, statuses, useEdge, values, wholeLog } from './testing/agents.ts';

useEdge();

/** An agent whose device runs an item until it is stopped, and which holds `behind` others. */
async function atWork(behind = 1, options: Parameters<typeof start>[0] = {}) {
  const [running = 0] = edge.queue.enqueue('steps', graphOf('steps'), values(1));
  const waiting = edge.queue.enqueue('behind', graphOf('integer'), values(behind));
  start(options);
  await edge.until(() => edge.queue.item(running).log.includes('invocation_started n0') && edge.socketCount === 1);
  await edge.until(() => edge.queue.item(waiting[0] ?? 0).state.fence === 1);
  return { running, waiting: waiting[0] ?? 0 };
}

test('a recalled lease that has not started is dropped, and the item runs under its next one only', async () => {
  const { running, waiting } = await atWork();
  edge.recall(waiting);
  await edge.until(() => edge.queue.item(waiting).state.fence === 2);
  expect(edge.queue.item(waiting).log).toEqual([]);
  edge.cancel(running);
  await edge.until(() => edge.queue.isDone);
  expect(edge.queue.item(waiting).log).toEqual(wholeLog('n0'));
});

test('a recall makes room at once: what the queue has instead is claimed and starts first', async () => {
  const { running, waiting } = await atWork();
  const [better = 0] = edge.queue.enqueue('better', graphOf('integer'), values(1));
  edge.queue.hold(waiting);
  edge.recall(waiting);
  await edge.until(() => edge.queue.item(better).state.fence === 1);
  edge.cancel(running);
  await edge.until(() => edge.queue.item(better).state.status === 'completed');
  expect(edge.queue.item(waiting).state).toMatchObject({ status: 'pending', fence: 1, starts: 0 });
});

test('a recall of what runs, or of an older lease, changes nothing', async () => {
  const { running, waiting } = await atWork();
  edge.order({ order: 'recall', leases: [edge.queue.lease(running), { item_id: waiting, fence: 0 }] });
  edge.cancel(running);
  await edge.until(() => edge.queue.isDone);
  expect(edge.queue.item(running).log).toEqual(['session_started', 'invocation_started n0']);
  expect(edge.queue.item(waiting).state.fence).toBe(1);
  expect(edge.queue.item(waiting).log).toEqual(wholeLog('n0'));
});

test('a stop ends what runs and drops what waits, nothing is said of either, and the device goes on', async () => {
  const { running, waiting } = await atWork();
  const [next = 0] = edge.queue.enqueue('next', graphOf('integer'), values(1));
  const logs = () => [running, waiting].map((item_id) => [...edge.queue.item(item_id).log]);
  const before = logs();
  edge.stop(running, waiting);
  await edge.until(() => edge.queue.item(next).state.status === 'completed');
  expect(statuses()).toEqual(['failed', 'failed', 'completed']);
  expect(logs()).toEqual(before);
});

test('a node that does not heed the stop costs its device the process, and nobody else anything', async () => {
  const [hanging = 0] = edge.queue.enqueue('hang', graphOf('hang'), values(1));
  const [next = 0] = edge.queue.enqueue('next', graphOf('integer'), values(1));
  start({ hardCancelMs: 50 });
  await edge.until(() => edge.queue.item(hanging).log.includes('invocation_started n0') && edge.socketCount === 1);
  edge.stop(hanging);
  await edge.until(() => edge.queue.isDone);
  expect(edge.queue.item(next).log).toEqual(wholeLog('n0'));
  expect(edge.queue.item(hanging).state.status).toBe('failed');
});

test('orders that got lost are repeated by the answer to the heartbeat', async () => {
  edge.heartbeatSeconds = 0.05;
  const { running, waiting } = await atWork();
  edge.queue.revoke(waiting);
  edge.queue.timeOut(running);
  await edge.until(() => edge.queue.isDone);
  expect(statuses()).toEqual(['failed', 'completed']);
  expect(edge.queue.item(waiting)).toMatchObject({ state: { fence: 2 }, log: wholeLog('n0') });
});
