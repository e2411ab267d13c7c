import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Followed, imageOf, ME, row, Told, watching } from '../testing/told.ts';
import type { Input } from './input.ts';
import {
  INVOCATIONS_PER_ITEM_MAX,
  ITEMS_MAX,
  initialState,
  OUTPUTS_PER_NODE_MAX,
  RUNNING_PER_ITEM_MAX,
} from './queue-state.ts';
import { NO_RECENT, type RecentMap, recentEntries, recentSize, recentValue, withRecent } from './recent-map.ts';
import { step } from './step.ts';

test('items are bounded: final and whole ones go first, those that run stay', () => {
  const { told, followed } = watching();
  for (let item_id = 1; item_id <= 10; item_id++) followed.take(told.status(item_id, 'in_progress', 1));
  for (let item_id = 11; item_id <= 1_000; item_id++) {
    followed.take(told.status(item_id, 'in_progress', 1), told.status(item_id, 'completed', 2));
    expect(followed.state.items.size).toBeLessThanOrEqual(ITEMS_MAX);
  }
  for (let item_id = 1; item_id <= 10; item_id++) expect(followed.item(item_id)?.status).toBe('in_progress');
  expect(followed.item(1_000)?.status).toBe('completed');
  expect(followed.of('ended')).toHaveLength(990);
  // Late news of one that was forgotten makes no item of it again.
  followed.take(told.status(11, 'in_progress', 3), told.started(12, 'a'));
  expect([followed.item(11), followed.item(12)]).toEqual([undefined, undefined]);
});

test('items that have to go before they were read are looked for again, and their reads end', () => {
  const { told, followed } = watching();
  followed.take(told.enqueued(1, 1_000), told.status(500, 'in_progress', 1));
  for (let item_id = 1; item_id <= ITEMS_MAX; item_id++) followed.take(told.status(item_id, 'completed', 5));
  expect(followed.item(1)).toBeUndefined();
  expect(followed.item(500)?.status).toBe('in_progress');
  expect(followed.of('abort_read')).toEqual([{ type: 'abort_read', read: 1 }]);
  expect(followed.of('catch_up')).toEqual([{ type: 'catch_up', after_item_id: 0 }]);
});

test('more items than are kept may run at once: one that was forgotten is known again, and read at its end', () => {
  const { told, followed } = watching();
  for (let item_id = 1; item_id <= 2 * ITEMS_MAX; item_id++) followed.take(told.status(item_id, 'in_progress', 1));
  expect(followed.state.items.size).toBe(ITEMS_MAX);
  followed.take(told.status(1, 'completed', 2));
  expect(followed.item(1)).toMatchObject({ status: 'completed', whole: false });
  expect(followed.of('read_session').map(({ item_id }) => item_id)).toEqual([1]);
});

test('[RQ5] an item is bounded, however many invocations it has', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1));
  for (let index = 0; index < 5_000; index++) {
    followed.take(told.started(1, `n#${index}`));
    if (index % 2 === 0) followed.take(told.complete(1, `n#${index}`));
    const item = followed.item(1);
    expect(item?.running.size).toBeLessThanOrEqual(RUNNING_PER_ITEM_MAX);
    expect(item && recentSize(item.ended)).toBeLessThanOrEqual(INVOCATIONS_PER_ITEM_MAX);
    expect(item?.nodes.get('n')?.outputs.length).toBeLessThanOrEqual(OUTPUTS_PER_NODE_MAX);
  }
  expect(followed.node(1, 'n')).toMatchObject({ completed: 2_500, in_progress: RUNNING_PER_ITEM_MAX });
});

test('of a session too long to be told apart an old event is not counted twice, and its end is read', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1));
  const first = told.complete(1, 'n#0');
  followed.take(first);
  for (let index = 1; index < 1_000; index++) followed.take(told.complete(1, `n#${index}`));
  followed.take(first);
  expect(followed.node(1, 'n')?.completed).toBe(1_000);
  expect(followed.of('read_session')).toEqual([]);
  followed.take(told.status(1, 'completed', 2));
  expect(followed.of('read_session')).toHaveLength(1);
});

test('a recent map holds the newest, between half of its bound and all of it, and says what it forgot', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.integer({ min: 2, max: 32 }), (count, half) => {
      let recent: RecentMap<number> = NO_RECENT;
      const before: [RecentMap<number>, number][] = [];
      for (let index = 1; index <= count; index++) {
        before.push([recent, recentSize(recent)]);
        recent = withRecent(recent, `${index}`, index, index, 2 * half);
        const kept = [...recentEntries(recent)].map(([, value]) => value);
        const forgotten = recent.forgotten_through ?? 0;
        expect(kept).toEqual(Array.from({ length: index - forgotten }, (_, at) => forgotten + 1 + at));
        expect(kept.length).toBeLessThanOrEqual(2 * half);
        expect(kept.length).toBeGreaterThanOrEqual(Math.min(index, half));
        expect(recentValue(recent, `${forgotten}`)).toBeUndefined();
        expect(recentValue(recent, `${index}`)).toBe(index);
      }
      for (const [value, size] of before) expect(recentSize(value)).toBe(size);
    }),
  );
});

/** A sweep of small sessions, and one session that iterates; each in about a second on a busy machine, so ten are a fault. */
test.each([
  ['a session of 50,000 invocations', (told: Told) => iteration(told, 25_000)],
  ['a sweep of 2,000 items', (told: Told) => sweep(told, 2_000)],
])('what one event costs does not grow with those before: %s', (_what, inputsOf) => {
  const told = new Told();
  const inputs = inputsOf(told);
  const followed = new Followed(initialState({ user_id: ME }));
  followed.take(told.hello());
  let state = followed.state;
  const began = process.cpuUsage();
  for (const input of inputs) state = step(state, input).state;
  // Of this process alone: a busy machine is slow.
  expect(process.cpuUsage(began).user / 1_000).toBeLessThan(10_000);
});

function* iteration(told: Told, count: number): Generator<Input> {
  yield told.status(1, 'in_progress', 1);
  for (let index = 0; index < count; index++)
    for (const node of ['a', 'b']) {
      yield told.started(1, `${node}#${index}`);
      yield told.complete(1, `${node}#${index}`, { is_intermediate: node === 'a' });
    }
  yield told.status(1, 'completed', 2);
}

function* sweep(told: Told, count: number): Generator<Input> {
  yield told.enqueued(1, count);
  for (let item_id = 1; item_id <= count; item_id++) {
    yield told.status(item_id, 'in_progress', 1);
    for (const node of ['a', 'b', 'c', 'd']) {
      yield told.started(item_id, node);
      yield told.complete(item_id, node, { is_intermediate: node !== 'd' });
    }
    yield told.status(item_id, 'completed', 2);
  }
}

test('a step changes nothing of what it is given, and throws at nothing', () => {
  const { told, followed } = watching();
  followed.take(
    told.enqueued(1, 2),
    told.status(1, 'in_progress', 1),
    told.complete(1, 'a'),
    told.status(2, 'completed', 5),
  );
  const before = structuredClone(followed.state);
  const names = ['hello', 'snapshot', 'live', 'batch_enqueued', 'queue_item_status_changed', 'invocation_complete'];
  const events = [
    'invocation_started',
    'invocation_error',
    'invocation_progress',
    'queue_items_canceled',
    'queue_cleared',
  ];
  const part = fc.oneof(fc.anything(), fc.constantFrom(ME, 1, 2, 'completed', 'in_progress', 'a', [], {}));
  const keys = [
    'item_id',
    'user_id',
    'status',
    'status_sequence',
    'invocation_id',
    'invocation',
    'result',
    'queue_status',
  ];
  const more = ['batch_status', 'canceled_item_ids_by_user', 'items', 'sequence', 'origin', 'batch_id', 'enqueued'];
  const body = fc.dictionary(fc.constantFrom(...keys, ...more), part);
  const frame = fc.tuple(fc.constantFrom(...names, ...events, 'queue_items_pruned', 'of_tomorrow'), body);
  const input = fc.oneof(
    frame.map(([name, rest]) => ({ type: 'frame', frame: { ...rest, name } })),
    fc.record({
      type: fc.constantFrom('frame', 'session_read', 'items_read', 'status_read', 'outputs_read', 'of_tomorrow'),
      ...Object.fromEntries(
        ['item_id', 'read', 'status', 'records', 'last', 'items', 'item', 'asked', 'outputs'].map((key) => [key, part]),
      ),
    }),
    fc.anything(),
  );
  fc.assert(
    fc.property(fc.array(input, { maxLength: 5 }), (inputs) => {
      let { state } = followed;
      for (const each of inputs) state = step(state, each as Input).state;
      for (const item of state.items.keys()) expect(item).toBeTypeOf('number');
      expect(followed.state).toEqual(before);
    }),
    { numRuns: 500 },
  );
});

test('an item that had to go before it was read ended once: neither its results nor its removal end it again', () => {
  const { told, followed } = watching();
  followed.take(told.enqueued(1, 1_000));
  for (let item_id = 1; item_id <= ITEMS_MAX + 2; item_id++) followed.take(told.status(item_id, 'completed', 5));
  expect(followed.item(1)).toBeUndefined();
  const outputs = [{ invocation_id: 'a', type: 'img_blur', result: imageOf('a') }];
  followed.take({ type: 'outputs_read', item: row(1, 'completed'), outputs }, told.pruned([2]));
  expect(followed.of('result').map(({ entry }) => entry.item_id)).toEqual([1]);
  expect(followed.of('ended').filter(({ item_id }) => item_id <= 2)).toHaveLength(2);
});
