import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { edge, graphOf, start, statuses, useEdge, values, wholeLog } from './testing/agents.ts';

useEdge();

const SESSIONS = 2;

/** Two sessions that run until they are canceled, at once on one device, and `behind` others that wait. */
async function twoAtWork(behind = 0) {
  const [one = 0, two = 0] = edge.queue.enqueue('steps', graphOf('steps'), values(2));
  const waiting = edge.queue.enqueue('behind', graphOf('integer'), values(behind));
  start({ settings: { sessions: SESSIONS } });
  const isStepping = (item_id: number) => edge.queue.item(item_id).log.includes('invocation_started n0');
  await edge.until(() => isStepping(one) && isStepping(two) && edge.socketCount === 1);
  return { one, two, waiting };
}

const started = ['session_started', 'invocation_started n0'];

test('two sessions share a device: a cancel ends one, and the other goes on', async () => {
  const { one, two, waiting } = await twoAtWork(3);
  expect(edge.queue.item(waiting[0] ?? 0).log).toEqual([]);
  edge.cancel(one);
  // In the place that is free.
  await edge.until(() => waiting.every((item_id) => edge.queue.item(item_id).state.status === 'completed'));
  expect(statuses()).toEqual(['canceled', 'in_progress', 'completed', 'completed', 'completed']);
  edge.cancel(two);
  await edge.until(() => edge.queue.isDone);
  for (const item_id of [one, two]) expect(edge.queue.item(item_id).log).toEqual(started);
  for (const item_id of waiting) expect(edge.queue.item(item_id).log).toEqual(wholeLog('n0'));
});

test('a stop discards one of them, and the other goes on', async () => {
  const { one, two, waiting } = await twoAtWork(1);
  edge.stop(two);
  await edge.until(() => edge.queue.item(waiting[0] ?? 0).state.status === 'completed');
  expect(edge.queue.item(one).state.status).toBe('in_progress');
  edge.cancel(one);
  await edge.until(() => edge.queue.isDone);
  expect(statuses()).toEqual(['canceled', 'failed', 'completed']);
});

test('a recall takes back what waits behind both', async () => {
  const { one, two, waiting } = await twoAtWork(1);
  const [item_id = 0] = waiting;
  await edge.until(() => edge.queue.item(item_id).state.fence === 1);
  edge.recall(item_id);
  await edge.until(() => edge.queue.item(item_id).state.fence === 2);
  expect(edge.queue.item(item_id).log).toEqual([]);
  edge.cancel(one);
  edge.cancel(two);
  await edge.until(() => edge.queue.isDone);
  expect(edge.queue.item(item_id).log).toEqual(wholeLog('n0'));
});

test('a node that throws ends its own session', async () => {
  const [steps = 0] = edge.queue.enqueue('steps', graphOf('steps'), values(1));
  const [failing = 0] = edge.queue.enqueue('fail', graphOf('integer', 'fail'), values(1));
  const [next = 0] = edge.queue.enqueue('next', graphOf('integer'), values(1));
  start({ settings: { sessions: SESSIONS } });
  await edge.until(() => edge.queue.item(next).state.status === 'completed' && edge.socketCount === 1);
  expect(edge.queue.item(failing).state).toMatchObject({
    status: 'failed',
    error: { error_type: 'DeedError', error_message: 'it did not work' },
  });
  expect(edge.queue.item(steps).state.status).toBe('in_progress');
  edge.cancel(steps);
  await edge.until(() => edge.queue.isDone);
});

test('many sessions of many nodes interleave, and each is as if it had run alone', async () => {
  const items = edge.queue.enqueue('many', graphOf('integer', 'add', 'add', 'add'), values(60));
  start({ settings: { sessions: 8 } });
  await edge.until(() => edge.queue.isDone);
  for (const item_id of items) {
    expect(edge.queue.item(item_id).log).toEqual(wholeLog('n0', 'n1', 'n2', 'n3'));
    expect(edge.queue.item(item_id).results.at(-1)?.result).toMatchObject({ value: item_id - 1 });
  }
});

test('while one session waits for the store, another one runs', async () => {
  const bytes = Buffer.from('text');
  const image_name = createHash('sha256').update(bytes).digest('hex');
  edge.assets.set(image_name, bytes);
  let isAway = true;
  edge.faultOf = (call) => (call === 'asset' && isAway ? 'busy' : undefined);
  const image = { node_path: 'n0', field_name: 'image', value: { image_name } };
  const [waiting = 0] = edge.queue.enqueue('read', graphOf('read'), [[image]]);
  const [other = 0] = edge.queue.enqueue('other', graphOf('integer', 'add'), values(1));
  start({ settings: { sessions: SESSIONS } });
  await edge.until(() => edge.calls.asset > 0 && edge.queue.item(other).state.status === 'completed');
  expect(edge.queue.item(waiting).log).toEqual(started);
  isAway = false;
  await edge.until(() => edge.queue.isDone);
  expect(edge.queue.item(waiting).results[0]?.result).toMatchObject({ value: 'text' });
});

test('a recalled or canceled session of those that a device holds ahead leaves the others', async () => {
  const { one, two, waiting } = await twoAtWork(2);
  const [canceled = 0, kept = 0] = waiting;
  await edge.until(() => waiting.every((item_id) => edge.queue.item(item_id).state.fence === 1));
  edge.cancel(canceled);
  edge.cancel(two);
  await edge.until(() => edge.queue.item(kept).state.status === 'completed');
  expect(edge.queue.item(canceled).log).toEqual([]);
  expect(edge.queue.item(one).state.status).toBe('in_progress');
  edge.cancel(one);
  await edge.until(() => edge.queue.isDone);
  expect(statuses()).toEqual(['canceled', 'canceled', 'canceled', 'completed']);
});

test('a promise that a node leaves behind and that fails ends neither a session nor the process', async () => {
  const items = edge.queue.enqueue('stray', graphOf('stray', 'pid'), values(3));
  start({ settings: { sessions: SESSIONS } });
  await edge.until(() => edge.queue.isDone);
  expect(statuses()).toEqual(['completed', 'completed', 'completed']);
  const pids = items.map((item_id) => edge.queue.item(item_id).results.at(-1)?.result.value);
  expect(new Set(pids).size).toBe(1);
});
