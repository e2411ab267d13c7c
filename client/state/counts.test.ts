import { expect, test } from 'vitest';
import { batchCounts, queueCounts, Told, watching } from '../testing/told.ts';
import { BATCHES_MAX } from './queue-state.ts';

const answer = (pending: number, is_started = true) => ({
  queue: queueCounts({ pending, user_pending: 1 }),
  processor: { is_started, is_processing: false },
});

test('[S172] the counters of an event replace what is known, and keep one’s own share where it has none', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1, { queue: { pending: 3, user_pending: 2, user_in_progress: 1 } }));
  followed.take(told.status(1, 'pending', 2, { queue: { pending: 4 } }));
  expect(followed.state.counts?.value).toMatchObject({ pending: 4, user_pending: 2, user_in_progress: 1 });
  followed.take(told.status(1, 'in_progress', 3, { queue: { pending: 3, user_pending: 0, user_in_progress: 9 } }));
  expect(followed.state.counts?.value).toMatchObject({ pending: 3, user_pending: 0, user_in_progress: 9 });
});

test('[S172] an admin’s event of somebody else brings the queue’s counters, not that user’s as one’s own', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1, { queue: { pending: 3, user_pending: 2 } }));
  followed.take(told.status(2, 'in_progress', 1, { user_id: 'bob', queue: { pending: 8, user_pending: 5 } }));
  expect(followed.state.counts?.value).toMatchObject({ pending: 8, user_pending: 2 });
});

test('[S172] an older event changes no counter, a newer one does, whatever its item’s state makes of it', () => {
  const { told, followed } = watching();
  const older = told.status(1, 'in_progress', 1, { queue: { pending: 1 }, batch: { pending: 1 } });
  followed.take(told.status(1, 'completed', 2, { queue: { pending: 2 }, batch: { pending: 2 } }));
  followed.take(older);
  expect(followed.state.counts?.value.pending).toBe(2);
  expect(followed.state.batches.get('b')?.value.pending).toBe(2);
  // A stale status of an item that is final, in a newer event.
  followed.take(told.status(1, 'in_progress', 1, { queue: { pending: 5 }, batch: { pending: 5 } }));
  expect(followed.state.counts?.value.pending).toBe(5);
  expect(followed.state.batches.get('b')?.value.pending).toBe(5);
});

test('[S172] an answer that an event overtook is dropped; an event keeps what the answer said of the processor', () => {
  const { told, followed } = watching();
  const asked_at = followed.state.sequence;
  followed.take({ type: 'status_read', asked_at, status: answer(10, false) });
  expect(followed.state).toMatchObject({ paused: true, counts: { value: { pending: 10 } } });
  followed.take(told.status(1, 'completed', 1, { queue: { pending: 9 } }));
  followed.take({ type: 'status_read', asked_at, status: answer(10) });
  expect(followed.state.counts?.value).toMatchObject({ pending: 9, user_pending: 1 });
  followed.take({ type: 'status_read', asked_at: followed.state.sequence, status: answer(8) });
  expect(followed.state).toMatchObject({ paused: false, counts: { value: { pending: 8 } } });
});

test('what moves many items has no counters, so they are read: the queue’s, and those of batches that go on', () => {
  const { told, followed } = watching();
  followed.take(told.enqueued(1, 5), told.status(9, 'completed', 1, { batch_id: 'done', batch: { completed: 1 } }));
  expect(followed.state.batches.get('b')?.value).toMatchObject({ pending: 5, total: 5, origin: 'editor' });
  const effects = followed.take(told.canceled([1, 2, 3, 4, 5]));
  expect(effects).toContainEqual({ type: 'read_status' });
  expect(effects).toContainEqual({ type: 'read_batches', batch_ids: ['b'] });
  const asked_at = followed.state.sequence;
  followed.take({ type: 'batch_read', asked_at, batch_id: 'b', status: batchCounts({ canceled: 5, total: 5 }) });
  expect(followed.state.batches.get('b')?.value.pending).toBe(0);
  followed.take({ type: 'batch_read', asked_at, batch_id: 'b', status: null });
  expect(followed.state.batches.has('b')).toBe(false);
});

test('the news that a batch was enqueued comes late when its items were heard of', () => {
  const { told, followed } = watching();
  const late = told.enqueued(1, 5);
  followed.take(told.status(1, 'in_progress', 1, { batch: { in_progress: 1, pending: 4, total: 5 } }), late);
  expect(followed.state.batches.get('b')?.value).toMatchObject({ in_progress: 1, pending: 4 });
});

test('batches are bounded: those that are done go first, then those that were heard of longest ago', () => {
  const { followed } = watching();
  const told = new Told();
  for (let index = 0; index < 3 * BATCHES_MAX; index++) {
    const batch_id = `b${index}`;
    const batch = index % 2 === 0 ? { completed: 1 } : { pending: 1 };
    followed.take(told.status(index + 1, 'completed', 1, { batch_id, batch }));
    expect(followed.state.batches.size).toBeLessThanOrEqual(BATCHES_MAX);
  }
  const kept = [...followed.state.batches.values()].map(({ value }) => value.pending);
  expect(kept.filter((pending) => pending === 1).length).toBeGreaterThan(BATCHES_MAX / 2);
  expect(followed.state.batches.has(`b${3 * BATCHES_MAX - 1}`)).toBe(true);
});

test('what is enqueued changes no other batch: of many batches only the queue’s counters are read', () => {
  const { told, followed } = watching();
  for (let index = 0; index < 50; index++) followed.take(told.enqueued(index + 1, 1, { batch_id: `b${index}` }));
  followed.take(told.enqueued(51, 10, { user_id: 'bob', batch_id: 'theirs' }));
  expect(followed.of('read_batches')).toEqual([]);
  expect(followed.of('read_status')).toHaveLength(51);
});
