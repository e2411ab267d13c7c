/** A queue that is paused under a real runner: what runs ends, nothing starts, and a parked runner notices the end of it. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from './support/command.ts';
import { EventLog } from './support/event-log.ts';
import { localEdge, makeQueue } from './support/local-edge.ts';
import { nodeCalls, TestAgent } from './support/test-agent.ts';

const graph = (value: string) => ({ nodes: { text: { id: 'text', type: 'string', value, use_cache: false } } });

test('a pause lets what runs end and starts nothing; a parked runner goes on when it is over', {
  timeout: 120_000,
}, async () => {
  const system = await localEdge();
  const queue = await makeQueue(system, 'paused', {});
  const processor = async (move: 'pause' | 'resume') => {
    const headers = { authorization: `Bearer ${system.key}` };
    const url = `${system.url}/api/v1/queue/paused/processor/${move}`;
    expect((await fetch(url, { method: 'PUT', headers })).ok, move).toBe(true);
  };
  const log = await EventLog.of(queue);
  const folder = scratch();
  const calls = path.join(folder, 'calls');
  const agent = new TestAgent({ system, queue: 'paused', cache: path.join(folder, 'disk'), calls });
  log.needs(agent);

  const running = await queue.enqueueGraph({ graph: graph('test:steps') });
  await log.until((frame) => frame.name === 'invocation_started' && frame.item_id === running.item_id);
  await processor('pause');
  const waiting = await queue.enqueueGraph({ graph: graph('later') });
  await queue.cancel(running.item_id);
  // The runner has stopped, and would have started the next one long before a whole other session has run elsewhere.
  const other = await makeQueue(system, 'other', {});
  const neighbour = new TestAgent({ system, queue: 'other', cache: path.join(folder, 'other'), calls });
  const passed = await EventLog.of(other);
  passed.needs(neighbour);
  await other.enqueueGraph({ graph: graph('elsewhere') });
  await passed.until((frame) => frame.name === 'queue_item_status_changed' && frame.status === 'completed');
  expect(await queue.status()).toMatchObject({
    processor: { is_started: false },
    queue: { pending: 1, in_progress: 0 },
  });
  expect((await queue.runners()).map(({ leased }) => leased)).toEqual([0]);

  await processor('resume');
  await log.until(
    (frame) =>
      frame.name === 'queue_item_status_changed' && frame.item_id === waiting.item_id && frame.status === 'completed',
  );
  expect(nodeCalls(calls)).toHaveLength(3);
});
