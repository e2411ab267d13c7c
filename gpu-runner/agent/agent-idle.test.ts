import { expect, test } from 'vitest';
import { edge, graphOf, start, useEdge, values } from './testing/agents.ts';

useEdge();

test('an agent beats often while it works, and hardly while it is idle and its socket is open', async () => {
  edge.heartbeatSeconds = 0.05;
  edge.idleHeartbeatSeconds = 3_600;
  start();
  await edge.until(() => edge.socketCount === 1);
  const [running = 0] = edge.queue.enqueue('steps', graphOf('steps'), values(1));
  edge.order({ order: 'wake' });
  await edge.until(() => edge.queue.item(running).log.includes('invocation_started n0'));
  const before = edge.heartbeats.length;
  // It works: many beats come, and each names what it holds.
  await edge.until(() => edge.heartbeats.length > before + 5);
  expect(edge.heartbeats.at(-1)?.held).toMatchObject([{ item_id: running }]);
  edge.cancel(running);
  await edge.until(() => edge.queue.isDone);
  // It is idle: what comes next, however long it takes, is work and not a beat.
  const after = edge.heartbeats.length;
  for (let round = 0; round < 5; round++) {
    const [next = 0] = edge.queue.enqueue(`next ${round}`, graphOf('integer'), values(1));
    edge.order({ order: 'wake' });
    await edge.until(() => edge.queue.item(next).state.status === 'completed');
  }
  const idle = edge.heartbeats.slice(after).filter(({ held }) => held.length === 0);
  expect(idle.length).toBeLessThanOrEqual(3);
});

test('an agent without a socket beats as often as one that works', async () => {
  edge.heartbeatSeconds = 0.05;
  edge.idleHeartbeatSeconds = 3_600;
  edge.refuseSockets = true;
  start();
  await edge.until(() => edge.heartbeats.length > 5);
  expect(edge.socketCount).toBe(0);
});
