import { expect, test } from 'vitest';
import { EXIT } from './edge-error.ts';
import { edge, graphOf, start, useEdge, values } from './testing/agents.ts';

useEdge();

async function atWork() {
  const [running = 0] = edge.queue.enqueue('steps', graphOf('steps'), values(1));
  const [waiting = 0] = edge.queue.enqueue('behind', graphOf('integer'), values(1));
  const { ended } = start({ graceMs: 60_000 });
  await edge.until(() => edge.queue.item(running).log.includes('invocation_started n0') && edge.socketCount === 1);
  await edge.until(() => edge.queue.item(waiting).state.fence === 1);
  return { running: edge.queue.item(running), waiting: edge.queue.item(waiting), ended };
}

test('a runner that the queue drains gives back what waits, ends what runs, claims nothing more and exits', async () => {
  const { running, waiting, ended } = await atWork();
  edge.order({ order: 'drain' });
  await edge.until(() => waiting.state.runner_no === null);
  edge.order({ order: 'drain' });
  edge.order({ order: 'cancel', item_ids: [99] });
  await edge.until(() => edge.heartbeats.some(({ draining }) => draining));
  // However often it is told, it takes its time.
  expect(running.log).toEqual(['session_started', 'invocation_started n0']);
  edge.cancel(running.state.item_id);
  expect(await ended).toBe(EXIT.drained);
  expect(waiting.state).toMatchObject({ status: 'pending', fence: 1 });
});

test('an order to drain that got lost is in the answer to the next heartbeat, and in every one after it', async () => {
  edge.heartbeatSeconds = 0.05;
  const { running, waiting, ended } = await atWork();
  edge.queue.drain = true;
  await edge.until(() => waiting.state.runner_no === null);
  const told = edge.heartbeats.length;
  await edge.until(() => edge.heartbeats.length > told + 3);
  expect(running.log).toEqual(['session_started', 'invocation_started n0']);
  edge.cancel(running.state.item_id);
  expect(await ended).toBe(EXIT.drained);
});

test('a runner goes by the intervals that the last answer told it, and says so', async () => {
  edge.heartbeatSeconds = 0.05;
  start();
  await edge.until(() => edge.heartbeats.length > 3);
  expect(edge.heartbeats.at(-1)?.timeout_seconds).toBeCloseTo(0.15);
  edge.heartbeatSeconds = 0.1;
  await edge.until(() => edge.heartbeats.some(({ timeout_seconds = 0 }) => timeout_seconds > 0.25));
  expect(edge.registrations).toHaveLength(1);
});
