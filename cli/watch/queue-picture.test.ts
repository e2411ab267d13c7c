import { expect, test } from 'vitest';
import type { StreamFrame } from '../../client/events/stream-cursor.ts';
import { progress, snapshot } from '../../client/testing/frames.ts';
import type { Status } from '../../contract/queue/status.ts';
import { QueuePicture } from './queue-picture.ts';

const { queue_status } = snapshot(0);
const changed = (item_id: number, status: Status, error_message: string | null = null): StreamFrame =>
  ({ ...progress(item_id, 'n', 0), name: 'queue_item_status_changed', status, error_message, queue_status }) as never;

test('an item is shown while it runs, with its node, and for a while after it ended', () => {
  const picture = new QueuePicture();
  picture.take(changed(1, 'in_progress'));
  picture.take(progress(1, 'denoise', 0.4));
  picture.take(progress(9, 'denoise', 0.4));
  expect([...picture.running.values()]).toMatchObject([{ item_id: 1, note: 'denoise_latents', percentage: 0.4 }]);
  picture.take(changed(1, 'failed', 'no memory'));
  expect(picture.running.size).toBe(0);
  expect(picture.recent).toMatchObject([{ item_id: 1, status: 'failed', note: 'no memory' }]);
});

test('an item that goes back to pending is not shown as running', () => {
  const picture = new QueuePicture();
  picture.take(changed(1, 'in_progress'));
  picture.take(changed(1, 'pending'));
  expect(picture.running.size + picture.recent.length).toBe(0);
});

test('the latest ends come first, and only some of them stay', () => {
  const picture = new QueuePicture();
  for (let item = 1; item <= 30; item++) picture.take(changed(item, 'completed'));
  expect(picture.recent.map(({ item_id }) => item_id)).toEqual([30, 29, 28, 27, 26, 25, 24, 23, 22, 21]);
});

test('a snapshot replaces what was thought to run', () => {
  const picture = new QueuePicture();
  picture.take(changed(1, 'in_progress'));
  picture.take({ ...snapshot(5), items: [{ item_id: 7, status: 'in_progress' }] } as unknown as StreamFrame);
  expect([...picture.running.keys()]).toEqual([7]);
});
