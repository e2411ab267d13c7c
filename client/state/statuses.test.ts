import { expect, test } from 'vitest';
import { isFinal, STATUS_NAMES, type Status, TRANSITIONS } from '../../contract/queue/status.ts';
import { type Followed, type Told, watching } from '../testing/told.ts';
import type { QueueState } from './queue-state.ts';
import { mayFollow } from './status-order.ts';

/** An item in this status, at sequence 5 of its own; null: nobody has heard of it. */
function inStatus(status: Status | null): { told: Told; followed: Followed } {
  const { told, followed } = watching();
  if (status !== null) followed.take(told.status(1, status, 5));
  followed.effects = [];
  return { told, followed };
}

const statusOf = (state: QueueState) => state.items.get(1)?.status;
const FINAL = STATUS_NAMES.filter(isFinal);
const OPEN = STATUS_NAMES.filter((status) => !isFinal(status));

/** The rows of the table, each with the statuses that it is about. */
const ROWS: readonly [row: string, from: readonly (Status | null)[], to: readonly Status[], applied: boolean][] = [
  ['Q1–5: an item that nobody has heard of takes any status', [null], STATUS_NAMES, true],
  ['Q6–9: pending takes any', ['pending'], STATUS_NAMES, true],
  ['Q10–12: in_progress takes any', ['in_progress'], STATUS_NAMES, true],
  ['Q10–12, amended: waiting takes any, and a session goes on after it', ['waiting'], STATUS_NAMES, true],
  ['Q13–18: a final status stays, whatever is not final comes late', FINAL, OPEN, false],
  ['Q13–18, amended: a final status stays, other final ones and itself included', FINAL, FINAL, false],
];

const named = ROWS.flatMap(([row, froms, tos, applied]) =>
  froms.flatMap((from) => tos.map((to) => [row, from ?? 'unknown', to, applied, from] as const)),
);

test('[S169] the rows name every pair of statuses once', () => {
  expect(new Set(named.map(([, from, to]) => `${from} ${to}`)).size).toBe(named.length);
  expect(named.length).toBe((STATUS_NAMES.length + 1) * STATUS_NAMES.length);
});

test.each(named)('[S169] [RQ4] %s: %s, then %s', (_row, _from, to, applied, from) => {
  const { told, followed } = inStatus(from);
  const before = followed.state;
  const effects = followed.take(told.status(1, to, 6));
  expect(statusOf(followed.state)).toBe(applied ? to : from);
  // What is ignored is ignored altogether.
  if (!applied) {
    expect(effects).toEqual([]);
    expect(followed.state.items).toBe(before.items);
  } else expect(effects.filter((effect) => effect.type === 'ended')).toHaveLength(isFinal(to) ? 1 : 0);
});

test.each(named)('[S169] stale by its own number: %s: %s, then %s', (_row, _from, to, _applied, from) => {
  if (from === null) return;
  for (const status_sequence of [5, 4, 0]) {
    const { told, followed } = inStatus(from);
    const { items } = followed.state;
    expect(followed.take(told.status(1, to, status_sequence))).toEqual([]);
    expect(followed.state.items).toBe(items);
  }
});

/** Straight from the table: what one transition leads to, again and again until nothing new comes. */
function reachable(from: Status): Set<Status> {
  const reached = new Set<Status>();
  for (let size = -1; size !== reached.size; ) {
    size = reached.size;
    for (const transition of Object.values(TRANSITIONS))
      if ((transition.from as readonly Status[]).some((status) => status === from || reached.has(status)))
        reached.add(transition.to);
  }
  return reached;
}

test.each(STATUS_NAMES)('[S169] what may follow %s is what the status table reaches', (from) => {
  for (const to of STATUS_NAMES) expect(mayFollow(from, to), to).toBe(reachable(from).has(to));
  expect(reachable(from).size === 0).toBe(isFinal(from));
});

test('[S169] a bulk cancel is a status like any other: a final item ignores it, and it makes an item final', () => {
  for (const status of STATUS_NAMES) {
    const { told, followed } = inStatus(status);
    followed.take(told.canceled([1]));
    expect(statusOf(followed.state)).toBe(isFinal(status) ? status : 'canceled');
    expect(followed.of('ended')).toHaveLength(isFinal(status) ? 0 : 1);
    followed.take(told.status(1, 'completed', 9), told.canceled([1]));
    expect(statusOf(followed.state)).toBe(isFinal(status) ? status : 'canceled');
    expect(followed.of('ended')).toHaveLength(isFinal(status) ? 0 : 1);
  }
});

test('an item that is canceled before anything else was heard of it has ended too, once', () => {
  const { told, followed } = watching();
  followed.take(told.enqueued(1, 3), told.canceled([2, 3]), told.canceled([2, 3]));
  expect(followed.of('ended').map(({ item_id, status }) => [item_id, status])).toEqual([
    [2, 'canceled'],
    [3, 'canceled'],
  ]);
  expect(followed.of('read_session')).toEqual([]);
  followed.take(told.status(2, 'in_progress', 1));
  expect(followed.state.items.size).toBe(0);
});

test('a removed item ends once, and what comes late of it is not an item again', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1), told.pruned([1]), told.pruned([1]));
  expect(followed.of('ended')).toEqual([{ type: 'ended', item_id: 1, origin: 'editor', status: null }]);
  followed.take(told.complete(1, 'a'), told.status(1, 'completed', 2));
  expect(followed.state.items.size).toBe(0);
  expect(followed.of('result')).toEqual([]);
});

test('the queue is paused by the newest word of it', () => {
  const { told, followed } = watching();
  const asked_at = followed.state.sequence;
  const later = told.paused('queue_resumed');
  followed.take(told.paused('queue_paused'));
  expect(followed.state.paused).toBe(true);
  followed.take(later);
  expect(followed.state.paused).toBe(true);
  const status = {
    queue: { ...followed.state.counts?.value } as never,
    processor: { is_started: true, is_processing: false },
  };
  followed.take({ type: 'status_read', asked_at, status });
  expect(followed.state.paused).toBe(true);
  followed.take({ type: 'status_read', asked_at: followed.state.sequence, status });
  expect(followed.state.paused).toBe(false);
});

test('what is removed of the time before the first own item ends nothing that anybody waits for', () => {
  const { told, followed } = watching();
  followed.take(told.enqueued(10, 2), told.pruned([1, 2]), told.canceled([3]));
  expect(followed.of('ended')).toEqual([]);
  followed.take(told.pruned([10]));
  expect(followed.of('ended')).toEqual([{ type: 'ended', item_id: 10, origin: null, status: null }]);
});
