import { expect, test } from 'vitest';
import { FakeService, ok, refused, silent } from '../testing/fake-service.ts';
import { hello, snapshot } from '../testing/frames.ts';
import { ItemFrames, summary } from '../testing/item-frames.ts';
import type { EndedItem } from './batch-tally.ts';
import type { FollowOptions } from './follow.ts';
import type { BatchWatcher } from './run-batch.ts';

const body = { batch: { batch_id: 'b', graph: { nodes: { n: { type: 'add' } } }, runs: 3 } };
const ENQUEUE = 'POST enqueue_batch';

function service(): FakeService {
  return new FakeService()
    .on('GET status', ok({}))
    .on(ENQUEUE, ok({ batch_id: 'b', enqueued: 3, requested: 3, item_ids: [5, 6, 7] }))
    .on('PUT cancel_by_batch_ids', ok({ canceled: 2 }));
}

/** A batch whose enqueue has been asked for, and what is told of it. */
async function begun(fake: FakeService, options: FollowOptions & BatchWatcher = {}) {
  const told: [string, unknown][] = [];
  const run = fake.client.queue().runBatch(body, {
    onEnqueued: ({ total }, ids) => void told.push(['enqueued', [total, ...ids]]),
    onEnded: ({ item_id, status }) => void told.push([status, item_id]),
    onConnection: (connected) => void told.push(['connected', connected]),
    ...options,
  });
  run.catch(() => {});
  const socket = await fake.socket();
  socket.says(hello(0, 'current'));
  await fake.call(ENQUEUE);
  return { run, socket, frames: new ItemFrames('b'), told };
}

test('each end is told once, and the batch is done with the last', async () => {
  const { run, socket, frames, told } = await begun(service().on(ENQUEUE, silent));
  socket.says(frames.enqueued(5, 3), frames.status(5, 'completed'), frames.status(5, 'completed'));
  socket.says(frames.status(9, 'completed'), frames.canceled(6, 11), frames.status(7, 'failed', { error_type: 'E' }));
  const tally = await run;
  expect(told).toEqual([
    ['connected', true],
    ['enqueued', [3, 5, 6, 7]],
    ['completed', 5],
    ['canceled', 6],
    ['failed', 7],
  ]);
  expect(tally.counts).toEqual({ completed: 1, failed: 1, canceled: 1 });
  expect(socket.closed).toBe(true);
});

test('the next item is not looked at before the one before it was dealt with', async () => {
  const order: string[] = [];
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const onEnded = async ({ item_id }: EndedItem) => {
    order.push(`begin ${item_id}`);
    if (item_id === 5) await held;
    order.push(`end ${item_id}`);
  };
  const { run, socket, frames } = await begun(service(), { onEnded });
  socket.says(frames.enqueued(5, 3), frames.status(5, 'completed'), frames.canceled(6, 7));
  await Promise.resolve();
  release();
  await run;
  expect(order).toEqual(['begin 5', 'end 5', 'begin 6', 'end 6', 'begin 7', 'end 7']);
});

test('after a snapshot the items are read, and what is gone was removed', async () => {
  const items = [summary(5, 'completed'), summary(6, 'in_progress')];
  const fake = service().on('GET list', ok({ items, next_cursor: null }));
  const { run, socket, frames, told } = await begun(fake);
  socket.says(frames.enqueued(5, 3));
  socket.drops();
  const second = await fake.socket(2);
  second.says(hello(90, 'snapshot'), snapshot(90));
  second.says(new ItemFrames('b', 90).status(6, 'completed'));
  expect((await run).counts).toEqual({ completed: 2, failed: 0, canceled: 1 });
  expect(told.slice(2)).toEqual([
    ['connected', false],
    ['connected', true],
    ['completed', 5],
    ['canceled', 7],
    ['completed', 6],
  ]);
});

test('a queue that is cleared ends what was waiting, which nobody tells of one by one', async () => {
  const fake = service().on('GET list', ok({ items: [], next_cursor: null }));
  const { run, socket, frames } = await begun(fake);
  socket.says(frames.enqueued(5, 3), frames.status(5, 'completed'), frames.cleared());
  expect((await run).counts).toEqual({ completed: 1, failed: 0, canceled: 2 });
});

test('a batch that took nothing is done', async () => {
  const fake = service().on(ENQUEUE, ok({ batch_id: 'b', enqueued: 0, requested: 3, item_ids: [] }));
  const { run } = await begun(fake);
  expect((await run).total).toBe(0);
});

test('an abort and the time limit cancel the batch', async () => {
  const stop = new AbortController();
  const first = service();
  const { run, socket, frames } = await begun(first, { signal: stop.signal });
  socket.says(frames.enqueued(5, 3));
  stop.abort();
  await expect(run).rejects.toMatchObject({ name: 'RunAbortedError', canceled: true, batch_id: 'b' });
  expect((await first.call('PUT cancel_by_batch_ids')).body).toEqual({ batch_ids: ['b'] });
  const second = service();
  const late = await begun(second, { timeout_ms: 100 });
  await expect(late.run).rejects.toMatchObject({ name: 'RunTimedOutError', canceled: true });
  expect(second.count('PUT cancel_by_batch_ids')).toBe(1);
});

test('an abort that a function of the caller sees as an error of its own cancels the batch', async () => {
  const stop = new AbortController();
  const fake = service();
  // As the functions of Node's file system do.
  const onEnded = () => {
    stop.abort();
    throw new DOMException('The operation was aborted', 'AbortError');
  };
  const { run, socket, frames } = await begun(fake, { signal: stop.signal, onEnded });
  socket.says(frames.enqueued(5, 3), frames.status(5, 'completed'));
  await expect(run).rejects.toMatchObject({ name: 'RunAbortedError', canceled: true });
  expect(fake.count('PUT cancel_by_batch_ids')).toBe(1);
});

test('a batch of another day under the same name is not taken for this one', async () => {
  const fake = service().on(ENQUEUE, refused('rate_limited'), refused('batch_exists'));
  const { run } = await begun(fake);
  await expect(run).rejects.toMatchObject({ code: 'batch_exists' });
  expect(fake.count('PUT cancel_by_batch_ids')).toBe(0);
});

test('a function of the caller that throws ends it with its error, and what is left of the batch', async () => {
  for (const [name, at] of [
    ['onEnqueued', 'enqueued'],
    ['onEnded', 'ended'],
    ['onChange', 'changed'],
  ] as const) {
    const watcher = {
      [name]: () => {
        throw new RangeError(at);
      },
    };
    const fake = service();
    const { run, socket, frames } = await begun(fake, watcher);
    socket.says(frames.enqueued(5, 3), frames.status(5, 'completed'));
    await expect(run).rejects.toThrow(at);
    expect(socket.closed).toBe(true);
    expect([name, fake.count('PUT cancel_by_batch_ids')]).toEqual([name, 1]);
  }
});
