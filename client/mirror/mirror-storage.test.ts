import { expect, test } from 'vitest';
import { CLOSE_QUEUE_GONE } from '../../contract/event/close-codes.ts';
import { hello, live, snapshot } from '../testing/frames.ts';
import { settled } from '../testing/held-api.ts';
import { KeptInMemory, MirrorFixture, says } from '../testing/mirror-fixture.ts';
import { image, type QueueStory, record, recordsPage, summary } from '../testing/queue-story.ts';

const NAME = 'switchyard/q';

/** A page that has shown the result of item 1, and is left. */
async function aPage(storage: KeptInMemory): Promise<QueueStory> {
  const page = new MirrorFixture({ storage });
  const { story } = page;
  const socket = await page.connected();
  await page.mirror.ready;
  await says(socket, story.status(1, 'in_progress'), story.complete(1, 'blur'), story.status(1, 'completed'));
  await says(socket, story.status(2, 'in_progress'), story.complete(2, 'draft'));
  page.mirror.close();
  return story;
}

test('a page that is loaded anew goes on where the last one was, and shows no result twice', async () => {
  const storage = new KeptInMemory();
  const story = await aPage(storage);
  const page = new MirrorFixture({ storage, story });
  const socket = await page.socket();
  expect(page.connections.afters).toEqual([5]);
  expect(page.gallery).toEqual(['1/blur', '2/draft']);
  // What happened while there was no page, and what is told again.
  const [again, next] = [story.complete(2, 'draft'), story.complete(2, 'blur')];
  await says(socket, hello(7, 'replay'), again, next, live(7));
  expect(page.heard.results).toEqual(['2/blur']);
  // Item 2 was not watched from its start by this page.
  const read = await page.api.next('GET i/2/invocations');
  await read.answer(recordsPage(2, 'in_progress', [record('draft'), record('blur')]));
  expect(page.node(2, 'draft').completed).toBe(1);
  expect(page.heard.results).toEqual(['2/blur']);
  expect(page.gallery).toEqual(['1/blur', '2/draft', '2/blur']);
  // Nothing was missed, so nobody looks for it.
  expect(page.api.made.filter((name) => name.endsWith('/outputs'))).toEqual([]);
});

test('what was being looked for when a page was left is looked for by the next', async () => {
  const storage = new KeptInMemory();
  const story = await aPage(storage);
  const first = new MirrorFixture({ storage, story, holding: ['GET list'] });
  const socket = await first.socket();
  story.sequence += 100;
  await says(socket, hello(105, 'snapshot'), snapshot(105), live(105));
  await first.api.next('GET list');
  first.mirror.close();

  const page = new MirrorFixture({ storage, story });
  page.api.answers.set('GET list', ({ query }) => {
    const items = [summary(3, 'completed'), summary(2, 'completed')];
    const wanted = items.filter((item) => item.status === query.get('status'));
    return { items: wanted, limit: 1, has_more: false, next_cursor: null };
  });
  page.api.answers.set('POST item_summaries_by_ids', () => [summary(2, 'completed'), summary(3, 'completed')]);
  const outputs = (item_id: number, ids: string[]) => ({
    ...{ item_id, status: 'completed', next_cursor: null },
    outputs: ids.map((id) => ({ invocation_id: id, invocation_source_id: id, type: 'blur', result: image(id) })),
  });
  page.api.answers.set('GET i/2/outputs', () => outputs(2, ['draft', 'blur']));
  page.api.answers.set('GET i/3/outputs', () => outputs(3, ['blur']));
  const next = await page.connected();
  expect(page.connections.afters).toEqual([105]);
  await settled();
  expect(page.heard.results).toEqual(['2/blur', '3/blur']);
  // Once more: all of it is known by now.
  const { made } = page.api;
  const outputsRead = made.filter((name) => name.endsWith('/outputs')).length;
  next.drops();
  await page.connected();
  await settled();
  expect(made.filter((name) => name.endsWith('/outputs'))).toHaveLength(outputsRead);
});

test('a page that is left before it heard of anything leaves the next one where it began', async () => {
  const storage = new KeptInMemory();
  const story = await aPage(storage);
  const brief = new MirrorFixture({ storage, story });
  await says(await brief.socket(), hello(7, 'replay'));
  brief.mirror.close();
  const page = new MirrorFixture({ storage, story });
  await page.socket();
  expect(page.connections.afters).toEqual([5]);
});

test('the storage is written once for the frames of a message, after their results were handed out', async () => {
  const storage = new KeptInMemory();
  const page = new MirrorFixture({ storage });
  const { story } = page;
  const socket = await page.connected();
  await page.mirror.ready;
  const writes: number[] = [];
  page.mirror.on('result', () => writes.push(storage.writes));
  const before = storage.writes;
  await says(socket, story.status(1, 'in_progress'), story.complete(1, 'a'), story.complete(1, 'b'));
  expect(writes).toEqual([before, before]);
  expect(storage.writes).toBe(before + 1);
  // Progress moves nothing that is kept.
  await says(socket, story.progress(1, 'c', 0.5));
  expect(storage.writes).toBe(before + 1);
});

test.each([
  ['of another user', 'bob', (text: string) => text],
  ['of another queue', 'ann', (text: string) => text.replace('"queue_id":"q"', '"queue_id":"p"')],
  ['of another shape', 'ann', (text: string) => text.replace(/"shape":\d+/, '"shape":0')],
])('what was kept %s is dropped', async (_, user_id, change) => {
  const storage = new KeptInMemory();
  await aPage(storage);
  storage.texts.set(NAME, change(storage.texts.get(NAME) ?? ''));
  const page = new MirrorFixture({ storage, user_id });
  await page.connected();
  expect(page.connections.afters).toEqual([null]);
  expect(page.gallery).toEqual([]);
  expect(page.heard.errors).toEqual([]);
});

test('a storage that holds nonsense is told of and begun anew', async () => {
  const storage = new KeptInMemory();
  storage.texts.set(NAME, '{"shape":1,');
  const page = new MirrorFixture({ storage });
  await page.connected();
  await page.mirror.ready;
  expect(page.heard.errors.map(({ cause }) => cause)).toEqual(['storage']);
  expect(JSON.parse(storage.texts.get(NAME) ?? '')).toMatchObject({ queue_id: 'q', user_id: 'ann' });
});

test('a full storage is told of once, keeps at least which results were shown, and stops nothing', async () => {
  const storage = new KeptInMemory();
  const { setItem } = storage;
  storage.setItem = (name, text) => {
    if (text.includes('.png')) throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
    setItem(name, text);
  };
  const story = await aPage(storage);
  const page = new MirrorFixture({ storage, story });
  const socket = await page.socket();
  expect(page.connections.afters).toEqual([5]);
  await says(socket, hello(5, 'current'), story.complete(2, 'draft'), story.complete(2, 'blur'));
  await says(socket, story.complete(2, 'more'));
  expect(page.heard.results).toEqual(['2/blur', '2/more']);
  expect(page.heard.errors.map(({ cause }) => cause)).toEqual(['storage']);
});

test('a page that ends before the service said anything leaves the next one where it began', async () => {
  const storage = new KeptInMemory();
  const story = await aPage(storage);
  const page = new MirrorFixture({ storage, story });
  (await page.socket()).drops(CLOSE_QUEUE_GONE);
  await settled();
  expect(page.heard.errors.map(({ cause }) => cause)).toEqual(['ended']);
  expect(JSON.parse(storage.texts.get(NAME) ?? '')).toMatchObject({ sequence: 5 });
});

test('a queue that was deleted and made anew has other items under the same numbers', async () => {
  const storage = new KeptInMemory();
  await aPage(storage);
  const page = new MirrorFixture({ storage });
  const { story } = page;
  const socket = await page.socket();
  expect(page.gallery).toEqual(['1/blur', '2/draft']);
  story.sequence = 3;
  await says(socket, hello(3, 'snapshot'), snapshot(3), live(3));
  expect(page.gallery).toEqual([]);
  await says(socket, story.status(1, 'in_progress'), story.complete(1, 'blur'), story.status(1, 'completed'));
  expect(page.heard.results).toEqual(['1/blur']);
  expect(page.heard.ended).toEqual([[1, 'completed']]);
});

test.each([
  ['no results', (kept: Record<string, unknown>) => ({ ...kept, entries: undefined })],
  ['a result that is none', (kept: Record<string, unknown>) => ({ ...kept, entries: [null] })],
  ['no ledger', (kept: Record<string, unknown>) => ({ ...kept, ledger: undefined })],
  ['half a ledger', (kept: Record<string, unknown>) => ({ ...kept, ledger: { floor: 0, open: [] } })],
  [
    'ranges that are none',
    (kept: Record<string, unknown>) => ({ ...kept, ledger: { floor: 0, open: [], finished: [1] } }),
  ],
  ['no number', (kept: Record<string, unknown>) => ({ ...kept, sequence: 'five' })],
])('what was kept with %s is told of, and nothing is lost by it', async (_, change) => {
  const storage = new KeptInMemory();
  const story = await aPage(storage);
  const kept = JSON.parse(storage.texts.get(NAME) ?? '') as Record<string, unknown>;
  storage.texts.set(NAME, JSON.stringify(change(kept)));
  const page = new MirrorFixture({ storage, story });
  const socket = await page.connected();
  expect(page.connections.afters).toEqual([null]);
  expect(page.heard.errors.map(({ cause }) => cause)).toEqual(['storage']);
  await says(socket, story.status(3, 'in_progress'), story.complete(3, 'blur'));
  expect(page.gallery).toEqual(['3/blur']);
});
