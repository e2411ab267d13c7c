import { expect, test } from 'vitest';
import { Followed, imageOf, ME, row, Told, watching } from '../testing/told.ts';
import { initialState } from './queue-state.ts';
import { scopeOf } from './scope.ts';

test('[S173] an event is one’s own, somebody else’s, or somebody’s with little left of it', () => {
  expect(scopeOf({ user_id: 'ann' }, 'ann')).toBe('own');
  expect(scopeOf({ user_id: 'ann' }, 'bob')).toBe('foreign');
  expect(scopeOf({ user_id: 'ann' }, 'redacted')).toBe('sanitized');
  expect(scopeOf({ user_id: 'system' }, 'system')).toBe('own');
  for (const user_id of ['ann', 'bob', 'redacted', 'system']) expect(scopeOf(null, user_id)).toBe('hydrating');
});

test.each([
  ['foreign', 'bob', { user_id: ME }],
  ['sanitized', 'redacted', { user_id: ME }],
  ['hydrating', ME, null],
] as const)(
  '[S173] [S174] %s events make what is kept elsewhere stale, and do nothing else',
  (_scope, user_id, viewer) => {
    const told = new Told();
    const followed = new Followed(initialState(viewer));
    followed.take(told.hello(), told.live());
    followed.effects = [];
    const whose = { user_id };
    followed.take(told.enqueued(1, 1, whose), told.status(1, 'in_progress', 1, whose), told.started(1, 'a', whose));
    followed.take(told.complete(1, 'a', whose), told.error(1, 'b', whose), told.status(1, 'failed', 2, whose));
    followed.take(told.status(2, 'completed', 9, whose), told.canceled([3], user_id), told.pruned([3], user_id));
    expect(new Set(followed.effects.map(({ type }) => type))).toEqual(new Set(['stale', 'read_status']));
    expect(followed.of('stale')).toContainEqual({ type: 'stale', item_ids: [2] });
    const { items, batches, gallery } = followed.state;
    expect([items.size, batches.size, gallery.entries.length, gallery.open.size]).toEqual([0, 0, 0, 0]);
  },
);

test('[S174] somebody else’s result makes nothing stale when nobody would be shown it', () => {
  const { told, followed } = watching();
  const stale = (options: object) => followed.take(told.complete(1, 'a', { user_id: 'bob', ...options })).length;
  expect(stale({})).toBe(1);
  expect(stale({ is_intermediate: true })).toBe(0);
  expect(stale({ type: 'image' })).toBe(0);
  expect(stale({ result: { type: 'integer_output', value: 1 } })).toBe(0);
});

test.each([null, ME])('[S173] a clear of %s ends all that is one’s own, and its results leave', (user_id) => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1), told.started(1, 'a'), told.status(2, 'in_progress', 1));
  followed.take(told.complete(2, 'a'), told.status(2, 'completed', 2), told.status(3, 'waiting', 4));
  const late = [told.progress(1, 'a'), told.complete(1, 'a'), told.status(1, 'completed', 9), told.complete(2, 'b')];
  followed.take(told.cleared(user_id), ...late);
  expect([1, 2, 3].map((item_id) => followed.item(item_id)?.status)).toEqual(['canceled', 'completed', 'canceled']);
  expect(followed.node(1, 'a')?.status).toBe('canceled');
  expect(followed.of('ended').map(({ item_id }) => item_id)).toEqual([2, 1, 3]);
  expect(followed.state.gallery.entries).toEqual([]);
  expect(followed.of('result')).toHaveLength(1);
  expect(followed.of('abort_read')).toHaveLength(1);
});

test.each(['bob', 'redacted'])('[S173] a clear of %s is none of one’s own', (user_id) => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1), told.complete(1, 'a'), told.status(2, 'completed', 5));
  const { items, gallery } = followed.state;
  followed.take(told.cleared(user_id));
  expect(followed.state.items).toBe(items);
  expect(followed.state.gallery).toBe(gallery);
  expect(followed.of('abort_read')).toEqual([]);
});

test('[S173] of ids by owner only the viewer’s count, whoever is named there', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1));
  for (const user_id of ['bob', '__proto__', 'constructor']) followed.take(told.canceled([1], user_id));
  expect(followed.item(1)?.status).toBe('in_progress');
  const others = { type: 'items_read', asked: [], items: [row(5, 'in_progress', { user_id: 'redacted' })] } as const;
  followed.take(others);
  expect(followed.item(5)).toBeUndefined();
});

test('another viewer begins with nothing', () => {
  const { told, followed } = watching();
  followed.take(told.enqueued(1, 2), told.status(1, 'completed', 5), told.complete(1, 'a'));
  const same = followed.state;
  followed.take({ type: 'viewer', viewer: { user_id: ME } });
  expect(followed.state).toBe(same);
  followed.take({ type: 'viewer', viewer: { user_id: 'bob' } });
  expect(followed.state).toMatchObject({ viewer: { user_id: 'bob' }, counts: null, gallery: { entries: [] } });
  expect(followed.state.items.size + followed.state.batches.size).toBe(0);
  expect(followed.of('abort_read')).toHaveLength(1);
  followed.take(told.complete(2, 'a', { result: imageOf('x') }));
  expect(followed.state.items.size).toBe(0);
});

test('[S173] while the viewer is not known nobody’s item is taken for a stranger’s for good', () => {
  const told = new Told();
  const followed = new Followed(initialState());
  followed.take(told.hello(), told.status(1, 'in_progress', 1), { type: 'viewer', viewer: { user_id: ME } });
  followed.take(told.complete(1, 'a'));
  expect(followed.of('result')).toHaveLength(1);
  expect(followed.item(1)?.whole).toBe(false);
});
