import { expect, test } from 'vitest';
import type { StreamFrame } from '../../client/events/stream-cursor.ts';
import { hello, progress, runnerEvent, snapshot } from '../../client/testing/frames.ts';
import type { Status } from '../../contract/queue/status.ts';
import { QueuePicture } from './queue-picture.ts';

const { queue_status } = snapshot(0);
const batch_status = { ...queue_status, pending: 7 };
const ended = { error_type: null, error_message: null, completed_at: '2026-11-21T05:00:00.000Z' };
const changed = (item_id: number, status: Status, more: object = {}): StreamFrame =>
  ({
    ...progress(item_id, 'n', 0),
    ...{ name: 'queue_item_status_changed', status, queue_status, batch_status, ...ended },
    ...more,
  }) as never;
const named = (name: string, more: object = {}): StreamFrame => ({ name, ...more }) as never;
const row = (item_id: number, status: Status, completed_at: string | null = null) => ({
  ...{ item_id, status, user_id: 'system', origin: null, device: null, started_at: null, completed_at },
  ...{ error_type: null, error_message: null },
});

test('an item is shown while it runs, with its node, and for a while after it ended', () => {
  const picture = new QueuePicture();
  picture.take(changed(1, 'in_progress'));
  picture.take(progress(1, 'denoise', 0.4));
  picture.take(progress(9, 'denoise', 0.4));
  expect([...picture.running.values()]).toMatchObject([{ item_id: 1, type: 'denoise_latents', percentage: 0.4 }]);
  picture.take(changed(1, 'failed', { error_type: 'NodeError', error_message: 'no memory' }));
  expect(picture.running.size).toBe(0);
  expect(picture.recent).toMatchObject([{ item_id: 1, status: 'failed', note: 'NodeError: no memory' }]);
  expect(picture.ended).toBe(1);
});

test('an item that goes back to pending is not shown as running', () => {
  const picture = new QueuePicture();
  picture.take(changed(1, 'in_progress'));
  picture.take(changed(1, 'pending'));
  expect(picture.running.size + picture.recent.length).toBe(0);
});

test('the latest ends come first, and only some of them stay', () => {
  const picture = new QueuePicture();
  for (let item = 1; item <= 60; item++) picture.take(changed(item, 'completed'));
  expect(picture.recent.map(({ item_id }) => item_id)).toEqual(Array.from({ length: 50 }, (_, at) => 60 - at));
});

test('a snapshot replaces what was thought to run', () => {
  const picture = new QueuePicture();
  picture.take(changed(1, 'in_progress'));
  picture.take({ ...snapshot(5), paused: true, items: [row(7, 'in_progress')] } as unknown as StreamFrame);
  expect([...picture.running.keys()]).toEqual([7]);
  expect(picture.paused).toBe(true);
});

test('rows of a list add what events have not told, the latest ends first', () => {
  const picture = new QueuePicture();
  picture.take(changed(2, 'completed', { completed_at: '2026-11-21T05:00:02.000Z' }));
  for (const item of [row(1, 'completed', '2026-11-21T05:00:01.000Z'), row(2, 'in_progress'), row(3, 'in_progress')])
    picture.takeItem(item);
  picture.takeItem(row(4, 'failed', '2026-11-21T05:00:03.000Z'));
  picture.takeItem(row(5, 'pending'));
  expect([...picture.running.keys()]).toEqual([3]);
  expect(picture.recent.map(({ item_id }) => item_id)).toEqual([4, 2, 1]);
});

test('runners come and go, the queue pauses, the connection breaks', () => {
  const picture = new QueuePicture();
  picture.take(runnerEvent(1, 0));
  picture.take(named('queue_paused'));
  picture.take({ name: 'disconnected' });
  expect([picture.runners.size, picture.paused, picture.connected]).toEqual([1, true, false]);
  picture.take(named('runner_lost', { runner_id: 'r' }));
  picture.take(named('queue_resumed'));
  picture.take(hello(3, 'current'));
  expect([picture.runners.size, picture.paused, picture.connected]).toEqual([0, false, true]);
});

test('counters that no event tells are to be read, and a read never takes back what an event told since', () => {
  const picture = new QueuePicture();
  picture.countsRead()({ ...queue_status, pending: 1 });
  expect([picture.counts?.pending, picture.stale]).toEqual([1, false]);
  picture.take(named('batch_enqueued'));
  expect(picture.stale).toBe(true);
  const take = picture.countsRead();
  picture.take(changed(1, 'in_progress', { queue_status: { ...queue_status, pending: 5 } }));
  take({ ...queue_status, pending: 3 });
  expect(picture.counts?.pending).toBe(5);
});

test('of a batch its own counters are shown', () => {
  const picture = new QueuePicture({ ofBatch: true });
  picture.take(changed(1, 'in_progress'));
  expect(picture.counts?.pending).toBe(7);
});
