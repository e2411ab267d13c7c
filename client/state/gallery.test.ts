import { expect, test } from 'vitest';
import { Followed, imageOf, ME, record, row, Told, watching } from '../testing/told.ts';
import {
  caughtUp,
  EMPTY_GALLERY,
  finished,
  GALLERY_MAX,
  type Gallery,
  galleryLedger,
  galleryOf,
  isFinished,
  OPEN_ITEMS_MAX,
  opened,
  RANGES_MAX,
  RESULTS_PER_ITEM_MAX,
  told as toldOf,
  UNFINISHED_ITEMS_MAX,
} from './gallery.ts';
import { initialState } from './queue-state.ts';
import { NO_RECENT, recentSize } from './recent-map.ts';

const shown = ({ state }: Followed) => state.gallery.entries.map((entry) => `${entry.item_id} ${entry.invocation_id}`);
const results = (followed: Followed) =>
  followed.of('result').map(({ entry }) => `${entry.item_id} ${entry.invocation_id}`);

test('[RQ2] [S175] a result comes once by item and invocation, whatever becomes of its item and whatever way it comes', () => {
  const { told, followed } = watching();
  const events = [
    ...[told.status(1, 'in_progress', 1), told.complete(1, 'a'), told.complete(1, 'a')],
    // An older item's, while another one runs.
    ...[told.status(2, 'in_progress', 1), told.complete(2, 'a'), told.complete(1, 'b')],
    // After its item failed, was canceled, completed.
    ...[told.status(1, 'failed', 2), told.complete(1, 'late')],
    ...[told.status(2, 'canceled', 2), told.complete(2, 'late')],
    ...[told.status(3, 'in_progress', 1), told.status(3, 'completed', 2), told.complete(3, 'late')],
  ];
  const all = ['1 a', '2 a', '1 b', '1 late', '2 late', '3 late'];
  followed.take(...events);
  expect(results(followed)).toEqual(all);
  followed.take(...events, { type: 'disconnected' }, told.hello('replay'), ...events, told.live());
  for (const { item_id, read } of followed.of('read_session')) {
    const { status } = followed.item(item_id) ?? { status: 'completed' };
    const records = all.filter((name) => name.startsWith(`${item_id} `)).map((name) => record(name.slice(2)));
    followed.take({ type: 'session_read', item_id, read, status, records, last: true });
  }
  followed.take({
    type: 'outputs_read',
    item: row(1, 'failed'),
    outputs: [{ invocation_id: 'a', type: 'img_blur', result: imageOf('a') }],
  });
  expect(results(followed)).toEqual(all);
  expect(shown(followed)).toEqual(all);
});

test('[S175] what was told of an item is forgotten with that item alone', () => {
  const { told, followed } = watching();
  followed.take(told.complete(1, 'a'), told.complete(2, 'a'), told.pruned([1]));
  expect(shown(followed)).toEqual(['2 a']);
  followed.take(told.complete(2, 'a'), told.complete(1, 'a'), told.complete(1, 'b'));
  expect(results(followed)).toEqual(['1 a', '2 a']);
});

test('[S174] nothing is shown of intermediate nodes, of those that hand on, and of what has no asset', () => {
  const { told, followed } = watching();
  followed.take(told.complete(1, 'a', { is_intermediate: true }));
  for (const type of ['image', 'image_collection', 'collection_item', 'latents'])
    followed.take(told.complete(1, type, { type }));
  const results_ = [
    { type: 'integer_output', value: 1 },
    { type: 'x', collection: [{ asset_name: 'x', content_type: 'application/json', stored: 'float[]' }] },
    { type: 'x', latents: { ephemeral: 'latents' } },
    { type: 'x', value: null },
  ];
  for (const [index, result] of results_.entries()) followed.take(told.complete(1, `n${index}`, { result }));
  expect(results(followed)).toEqual([]);
  followed.take(told.complete(1, 'list', { result: { type: 'x', collection: [1, { image_name: 'x' }] } }));
  followed.take(told.complete(1, 'file', { result: { type: 'x', tensor: { asset_name: 'x' } } }));
  expect(results(followed)).toEqual(['1 list', '1 file']);
});

test('[RQ9] a failure is told once, also when its item is final, and so is its end', () => {
  const { told, followed } = watching();
  const error = told.error(1, 'a');
  followed.take(told.status(1, 'canceled', 1), error, error, told.status(2, 'completed', 1), told.error(2, 'a'));
  expect(followed.of('node_failed').map(({ item_id, origin }) => [item_id, origin])).toEqual([
    [1, 'editor'],
    [2, 'editor'],
  ]);
  expect(followed.of('ended')).toHaveLength(2);
});

test('a page that is loaded anew goes on where the last one stopped', () => {
  const { told, followed } = watching();
  followed.take(
    told.enqueued(1, 3),
    told.status(1, 'in_progress', 1),
    told.complete(1, 'a'),
    told.status(1, 'completed', 2),
  );
  followed.take(told.status(2, 'in_progress', 1), told.complete(2, 'a'));
  const text = JSON.stringify({
    ledger: galleryLedger(followed.state.gallery),
    entries: followed.state.gallery.entries,
  });
  const { ledger, entries } = JSON.parse(text);
  const next = new Followed(initialState({ user_id: ME }, galleryOf(ledger, entries)));
  expect(shown(next)).toEqual(['1 a', '2 a']);
  next.take(told.hello('replay'), told.complete(1, 'a'), told.complete(2, 'a'), told.complete(2, 'b'), told.live());
  expect(results(next)).toEqual(['2 b']);
  // The running item was first heard of in its middle here, and the finished one not at all.
  expect([...next.state.items.keys()]).toEqual([2]);
  next.take({
    type: 'session_read',
    ...{ item_id: 2, read: next.of('read_session')[0]?.read ?? 0, status: 'in_progress', last: true },
    records: [record('a'), record('b'), record('c')],
  });
  expect(results(next)).toEqual(['2 b', '2 c']);
});

test('after a gap own items are looked for from the first that is not finished, and each is told once', () => {
  const { told, followed } = watching();
  followed.take(told.enqueued(5, 4), told.status(5, 'completed', 1), told.status(7, 'completed', 1));
  expect(followed.state.gallery).toMatchObject({
    floor: 5,
    finished: [
      [5, 5],
      [7, 7],
    ],
  });
  followed.take({ type: 'disconnected' }, told.hello('snapshot'));
  expect(followed.take(told.snapshot([]))).toContainEqual({ type: 'catch_up', after_item_id: 5 });
  const outputs = [{ invocation_id: 'a', type: 'img_blur', result: imageOf('a') }];
  for (let times = 0; times < 2; times++)
    for (const item_id of [6, 7, 8]) followed.take({ type: 'outputs_read', item: row(item_id, 'completed'), outputs });
  // Item 7 had ended before, with nothing to show: what is read of it now is not old news.
  expect(results(followed)).toEqual(['6 a', '7 a', '8 a']);
  expect(followed.of('ended').map(({ item_id }) => item_id)).toEqual([5, 7, 6, 8]);
  expect(followed.state.gallery).toMatchObject({ floor: 8, finished: [[5, 8]] });
  followed.take({ type: 'caught_up', through: 20 });
  expect(followed.state.gallery.floor).toBe(20);
});

test('others’ items leave no gap in what is finished', () => {
  const { told, followed } = watching();
  followed.take(
    told.enqueued(1, 2),
    told.enqueued(3, 50, { user_id: 'redacted', batch_id: 'redacted' }),
    told.enqueued(53, 1),
  );
  followed.take(told.status(1, 'completed', 1), told.status(2, 'completed', 1), told.status(53, 'failed', 1));
  followed.take(told.status(54, 'in_progress', 1, { user_id: 'bob' }));
  expect(followed.state.gallery).toMatchObject({ floor: 54, finished: [[1, 54]] });
});

test('the gallery is bounded: entries, items that are told apart, results of one, and ranges', () => {
  let gallery: Gallery = EMPTY_GALLERY;
  for (let item_id = 1; item_id <= 3 * UNFINISHED_ITEMS_MAX; item_id++) {
    gallery = opened(gallery, item_id);
    if (item_id % 2 === 0) gallery = finished(gallery, [[item_id, item_id]]);
    expect(gallery.open.size).toBeLessThanOrEqual(UNFINISHED_ITEMS_MAX);
    expect(gallery.finished.length).toBeLessThanOrEqual(RANGES_MAX);
  }
  // The finished ones went first, then the oldest, which are given up.
  expect(gallery.open.has(3 * UNFINISHED_ITEMS_MAX - 1)).toBe(true);
  expect(isFinished(gallery, 1)).toBe(true);
  expect(toldOf(gallery, { item_id: 1, invocation_id: 'a' }, 'result', 1)).toBeNull();

  let few: Gallery = EMPTY_GALLERY;
  for (let item_id = 1; item_id <= 1_000; item_id++)
    few = opened(finished(opened(few, item_id), [[item_id, item_id]]), item_id);
  expect(few.open.size).toBe(OPEN_ITEMS_MAX);
  expect(few.finished).toEqual([[1, 1_000]]);

  const told = new Told();
  const followed = new Followed();
  for (let index = 0; index < 2 * GALLERY_MAX; index++) followed.take(told.complete(1, `n#${index}`));
  expect(followed.state.gallery.entries).toHaveLength(GALLERY_MAX);
  expect(followed.state.gallery.entries.at(-1)?.invocation_id).toBe(`n#${2 * GALLERY_MAX - 1}`);
});

test('past the results that are told apart an event is news by its number, and what is read is not', () => {
  let gallery: Gallery = EMPTY_GALLERY;
  const tell = (index: number, sequence: number | null) => {
    const next = toldOf(gallery, { item_id: 1, invocation_id: `n#${index}` }, 'result', sequence);
    gallery = next ?? gallery;
    return next !== null;
  };
  for (let index = 1; index <= 2 * RESULTS_PER_ITEM_MAX; index++) expect(tell(index, index)).toBe(true);
  const known = gallery.open.get(1);
  expect(known && recentSize(known)).toBeLessThanOrEqual(RESULTS_PER_ITEM_MAX);
  expect([tell(1, 1), tell(2 * RESULTS_PER_ITEM_MAX, null), tell(1, null), tell(-1, null)]).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect(tell(-1, 2 * RESULTS_PER_ITEM_MAX + 1)).toBe(true);
});

test('the ledger of a gallery keeps what it knows as JSON', () => {
  const { told, followed } = watching();
  followed.take(told.complete(1, 'a'), told.error(1, 'b'), told.complete(1, 'b'), told.status(3, 'completed', 1));
  const { gallery } = followed.state;
  const again = galleryOf(JSON.parse(JSON.stringify(galleryLedger(gallery))), gallery.entries);
  expect(galleryLedger(again)).toEqual(galleryLedger(gallery));
  for (const what of ['result', 'failure'] as const)
    for (const invocation_id of ['a', 'b', 'c'])
      expect(toldOf(again, { item_id: 1, invocation_id }, what, null) === null, `${invocation_id} ${what}`).toBe(
        toldOf(gallery, { item_id: 1, invocation_id }, what, null) === null,
      );
});

test('what was looked for is not looked for again, where an older look ends later', () => {
  const gallery = caughtUp({ ...EMPTY_GALLERY, floor: 0 }, 10);
  expect(gallery.floor).toBe(10);
  expect(caughtUp(gallery, 4)).toBe(gallery);
});

test('what was forgotten of an item stays so when the gallery is kept', () => {
  const known = { ...NO_RECENT, forgotten_through: 7 };
  const kept = galleryOf(galleryLedger(opened(EMPTY_GALLERY, 1, known)), []);
  expect(toldOf(kept, { item_id: 1, invocation_id: 'a' }, 'result', 7)).toBeNull();
  expect(toldOf(kept, { item_id: 1, invocation_id: 'a' }, 'result', 8)).not.toBeNull();
});
