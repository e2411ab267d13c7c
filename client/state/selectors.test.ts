import { expect, test } from 'vitest';
import { row, watching } from '../testing/told.ts';
import { activeItems, isBehind, isBusy, nodesOf, progressOf, shownItem } from './selectors.ts';

test('an editor shows the newest root item that runs, else the last that ended', () => {
  const { told, followed } = watching();
  const shown = (origin: string | null = 'editor') => shownItem(followed.state, { origin })?.item_id ?? null;
  expect(shown()).toBeNull();
  followed.take(told.status(1, 'in_progress', 1), told.status(3, 'in_progress', 1), told.status(2, 'in_progress', 1));
  expect(shown()).toBe(3);
  // Its own child, another editor's item, and one that has not run.
  followed.take(told.status(4, 'pending', 0), told.status(4, 'in_progress', 1));
  followed.take(told.status(5, 'in_progress', 1, { origin: 'canvas' }), {
    type: 'items_read',
    asked: [],
    items: [row(6, 'pending', { attempts: 0, started_at: null })],
  });
  expect(shown()).toBe(3);
  expect(shown('canvas')).toBe(5);
  expect(shown(null)).toBeNull();
  followed.take(told.status(3, 'waiting', 2));
  expect(shown()).toBe(3);
  followed.take(told.status(2, 'completed', 2), told.status(3, 'failed', 3));
  expect(shown()).toBe(1);
  followed.take(told.status(1, 'canceled', 2));
  expect(shown()).toBe(1);
});

test('items that run are listed by where they come from', () => {
  const { told, followed } = watching();
  followed.take(told.status(2, 'in_progress', 1), told.status(1, 'waiting', 4), told.status(3, 'completed', 1));
  followed.take(told.status(4, 'in_progress', 1, { origin: null }));
  const ids = (filter: Parameters<typeof activeItems>[1]) =>
    activeItems(followed.state, filter).map((item) => item.item_id);
  expect(ids({})).toEqual([1, 2, 4]);
  expect(ids({ origin: 'editor' })).toEqual([1, 2]);
  expect(ids({ origin: null })).toEqual([4]);
  expect(ids({ destination: 'canvas' })).toEqual([]);
});

test('[RQ9] a place is busy while something of it has to end, however its end is heard of', () => {
  const ends = (told: ReturnType<typeof watching>['told']) => [
    [told.status(1, 'completed', 2), told.error(1, 'a')],
    [told.status(1, 'canceled', 2), told.error(1, 'a')],
    [told.canceled([1]), told.error(1, 'a')],
    [told.cleared(null), told.progress(1, 'a')],
    [told.pruned([1]), told.progress(1, 'a')],
  ];
  for (let end = 0; end < 5; end++) {
    const { told, followed } = watching();
    const busy = () => isBusy(followed.state, { origin: 'editor' });
    expect(busy()).toBe(false);
    followed.take(told.status(1, 'in_progress', 1), told.started(1, 'a'));
    expect(busy()).toBe(true);
    expect(isBusy(followed.state, { origin: 'canvas' })).toBe(false);
    followed.take(...(ends(told)[end] ?? []));
    expect(busy(), `end ${end}`).toBe(false);
  }
});

test('a place is busy while a batch of it has items that nobody has heard of', () => {
  const { told, followed } = watching();
  followed.take(told.enqueued(1, 2));
  expect(isBusy(followed.state, { origin: 'editor' })).toBe(true);
  followed.take(told.status(1, 'completed', 2, { batch: { pending: 1, completed: 1 } }));
  expect(isBusy(followed.state, { origin: 'editor' })).toBe(true);
  followed.take(told.status(2, 'completed', 2, { batch: { completed: 2 } }));
  expect(isBusy(followed.state, { origin: 'editor' })).toBe(false);
});

test('the progress of an item is that of its invocations', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1), told.complete(1, 'n#0'), told.complete(1, 'n#1'), told.error(1, 'm'));
  followed.take(told.started(1, 'k'), told.progress(1, 'k', 0.5));
  expect(progressOf(followed.state, 1)).toMatchObject({
    ...{ completed: 2, failed: 1, in_progress: 1 },
    node: { node_id: 'k', progress: 0.5 },
  });
  expect(progressOf(followed.state, 2)).toBeNull();
  expect([...nodesOf(followed.state, 1).keys()]).toEqual(['n', 'm', 'k']);
  expect(nodesOf(followed.state, 2).size).toBe(0);
  expect(isBehind(followed.state)).toBe(false);
  followed.take(told.status(2, 'completed', 5));
  expect(isBehind(followed.state)).toBe(true);
});
