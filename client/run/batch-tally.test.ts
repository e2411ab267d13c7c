import { expect, test } from 'vitest';
import type { Status } from '../../contract/queue/status.ts';
import type { StreamFrame } from '../events/stream-cursor.ts';
import { progress, snapshot } from '../testing/frames.ts';
import { BatchTally } from './batch-tally.ts';
import { ItemIds } from './item-ids.ts';

const { queue_status } = snapshot(0);
const batch_status = { ...queue_status, batch_id: 'b', origin: null, destination: null };

function changed(item_id: number, status: Status, more: Record<string, unknown> = {}): StreamFrame {
  const frame = {
    ...progress(item_id, 'denoise', 0),
    name: 'queue_item_status_changed',
    status,
    status_sequence: 1,
    error_type: null,
    error_message: null,
    error_traceback: null,
    created_at: '2026-11-21T05:00:00.000Z',
    updated_at: '2026-11-21T05:00:01.500Z',
    started_at: '2026-11-21T05:00:01.500Z',
    completed_at: null,
    device: 'cpu',
    queue_status,
    batch_status,
    ...more,
  };
  return frame as unknown as StreamFrame;
}

function complete(item_id: number, seconds: number): StreamFrame {
  const frame = { ...progress(item_id, 'denoise', 0), name: 'invocation_complete', seconds, cached: false };
  return { ...frame, result: { type: 'latents_output' } } as unknown as StreamFrame;
}

test('it is done when every item has ended, whichever way', () => {
  const tally = new BatchTally('b');
  tally.enqueued(1, 4);
  tally.take(changed(1, 'in_progress'));
  expect(tally.take(changed(1, 'completed'))).toEqual([{ item_id: 1, status: 'completed', error: null }]);
  const failed = tally.take(changed(2, 'failed', { error_type: 'NodeError', error_message: 'no' }));
  expect(failed).toEqual([{ item_id: 2, status: 'failed', error: 'NodeError: no' }]);
  expect(tally.done).toBe(false);
  const canceled = { ...changed(3, 'canceled'), name: 'queue_items_canceled', canceled_item_ids: [3, 4] };
  expect(tally.take(canceled as unknown as StreamFrame)).toHaveLength(2);
  expect(tally.counts).toEqual({ completed: 1, failed: 1, canceled: 2 });
  expect(tally.done).toBe(true);
});

test('an end that is told twice is counted once', () => {
  const tally = new BatchTally('b');
  tally.enqueued(1, 2);
  expect(tally.take(changed(1, 'completed'))).toHaveLength(1);
  expect(tally.take(changed(1, 'completed'))).toEqual([]);
  expect(tally.counts.completed).toBe(1);
});

test('items of another batch are none of its business', () => {
  const tally = new BatchTally('b');
  expect(tally.take(changed(1, 'completed', { batch_id: 'other' }))).toEqual([]);
  expect(tally.ended.size).toBe(0);
});

test('the wait is from created to the first start', () => {
  const tally = new BatchTally('b');
  tally.take(changed(1, 'in_progress'));
  tally.take(changed(1, 'in_progress', { started_at: '2026-11-21T05:00:09.000Z' }));
  expect(tally.waits).toEqual([1_500]);
});

test('times of nodes add up by type', () => {
  const tally = new BatchTally('b');
  tally.take(complete(1, 0.25));
  tally.take(complete(2, 0.5));
  expect(tally.node_seconds).toEqual({ denoise_latents: { seconds: 0.75, runs: 2 } });
});

test('each session that runs is known with its node, until its item ends or is free again', () => {
  const tally = new BatchTally('b');
  tally.enqueued(1, 3);
  tally.take(changed(1, 'in_progress'));
  tally.take(changed(2, 'in_progress'));
  tally.take(progress(1, 'denoise', 0.3));
  expect([...tally.running.values()]).toEqual([
    { item_id: 1, type: 'denoise_latents', message: '', percentage: 0.3, device: 'cpu' },
    { item_id: 2, type: '', message: '', percentage: null, device: 'cpu' },
  ]);
  tally.take(changed(2, 'pending'));
  expect([...tally.running.keys()]).toEqual([1]);
  tally.take(changed(1, 'completed'));
  tally.take(progress(1, 'denoise', 0.4));
  expect(tally.running.size).toBe(0);
});

test('a retry that somebody asked for is no item of the batch as it was enqueued', () => {
  const tally = new BatchTally('b');
  tally.enqueued(1, 2);
  expect(tally.take(changed(9, 'in_progress'))).toEqual([]);
  expect(tally.take(changed(9, 'failed'))).toEqual([]);
  expect([tally.ended.size, tally.running.size, tally.counts.failed]).toEqual([0, 0, 0]);
});

test('what is not there any more was removed, and is told as canceled', () => {
  const tally = new BatchTally('b');
  tally.enqueued(1, 4);
  tally.take(changed(1, 'completed'));
  const present = new ItemIds();
  present.add(3);
  expect(tally.removed(present).map((item) => [item.item_id, item.status])).toEqual([
    [2, 'canceled'],
    [4, 'canceled'],
  ]);
  expect([tally.done, tally.counts]).toEqual([false, { completed: 1, failed: 0, canceled: 2 }]);
});

test('the failures that a person reads are kept, and a batch of nothing is done at once', () => {
  const tally = new BatchTally('b');
  expect(tally.done).toBe(false);
  tally.enqueued(1, 2_000);
  for (let id = 1; id <= 2_000; id++) tally.take(changed(id, 'failed', { error_type: 'E', error_message: 'no' }));
  expect([tally.failures.length, tally.counts.failed, tally.done]).toEqual([1_000, 2_000, true]);
  const empty = new BatchTally('c');
  empty.enqueued(0, 0);
  expect(empty.done).toBe(true);
});
