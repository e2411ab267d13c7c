import { expect, test, vi } from 'vitest';
import { CLOSE_KEY_ENDED, CLOSE_QUEUE_GONE } from '../../contract/event/close-codes.ts';
import { ProblemError } from '../errors.ts';
import { ITEMS_MAX } from '../state/queue-state.ts';
import { hello, live, snapshot } from '../testing/frames.ts';
import { settled } from '../testing/held-api.ts';
import { MirrorFixture, says } from '../testing/mirror-fixture.ts';
import { image, NO_COUNTS, queueStatus, record, recordsPage, summary } from '../testing/queue-story.ts';

test('a mirror shows what happens, tells of results, and closes what it opened', async () => {
  const page = new MirrorFixture();
  const { story, mirror } = page;
  const socket = await page.connected();
  await mirror.ready;
  const before = mirror.state;
  await says(
    socket,
    ...[story.status(1, 'in_progress'), story.started(1, 'blur'), story.complete(1, 'blur')],
    story.status(1, 'completed'),
  );
  expect(mirror.state).not.toBe(before);
  expect(before.items.size).toBe(0);
  expect(page.item(1).status).toBe('completed');
  expect(page.node(1, 'blur')).toMatchObject({ status: 'completed', completed: 1 });
  expect(page.heard).toMatchObject({ results: ['1/blur'], ended: [[1, 'completed']], errors: [] });
  mirror.close();
  expect(socket.closed).toBe(true);
});

test('[S173] until it is known whose key it is nothing is opened; then that user’s events are own', async () => {
  const page = new MirrorFixture({ holding: ['GET keys/current'] });
  const key = await page.api.next('GET keys/current');
  await settled();
  expect(page.connections.afters).toEqual([]);
  expect(page.mirror.state.viewer).toBeNull();
  await key.answer({ user_id: 'ann' });
  const socket = await page.connected();
  expect(page.mirror.state.viewer).toEqual({ user_id: 'ann' });
  const bob = { user_id: 'bob' };
  await says(socket, page.story.status(1, 'in_progress'), page.story.status(2, 'in_progress', bob));
  expect([...page.mirror.state.items.keys()]).toEqual([1]);
});

test('a page that opens in the middle of a run sees it, and results from then on', async () => {
  const page = new MirrorFixture({ holding: ['GET status'] });
  const { story, mirror } = page;
  story.sequence = 40;
  page.api.answers.set('GET list', ({ query }) => {
    const items = [summary(7, 'in_progress', { status_sequence: 3 }), summary(8, 'pending', { status_sequence: 0 })];
    const wanted = items.filter((item) => item.status === (query.get('status') ?? item.status));
    if (query.get('order_dir') === 'DESC') wanted.reverse();
    return { items: wanted, limit: 1, has_more: false, next_cursor: null };
  });
  const socket = await page.connected();
  let isReady = false;
  void mirror.ready.then(() => {
    isReady = true;
  });
  const read = await page.api.next('GET i/7/invocations');
  await says(socket, story.complete(7, 'blur'));
  await read.answer(recordsPage(7, 'in_progress', [record('draft')]));
  expect(isReady).toBe(false);
  const status = await page.api.next('GET status');
  await status.answer({
    queue: queueStatus({ pending: 1, in_progress: 1, total: 2 }),
    processor: { is_started: false, is_processing: true },
  });
  expect(isReady).toBe(true);
  expect(mirror.state).toMatchObject({ connected: true, paused: true });
  expect(page.node(7, 'draft').completed + page.node(7, 'blur').completed).toBe(2);
  expect(page.heard.results.sort()).toEqual(['7/blur', '7/draft']);
  // All up to item 6 have ended before: nobody asks for them.
  expect(mirror.state.gallery.floor).toBe(6);
});

test('what a snapshot has no room for is read from the list', async () => {
  const page = new MirrorFixture();
  (await page.connected()).drops();
  await page.mirror.ready;
  const socket = await page.socket();
  await says(socket, hello(9, 'snapshot'));
  const asked: (string | null)[] = [];
  page.api.answers.set('GET list', ({ query }) => {
    asked.push(query.get('status'));
    return { items: [], limit: 1, has_more: false, next_cursor: null };
  });
  await says(socket, { ...snapshot(9), items_truncated: true }, live(9));
  // Apart from what came and went meanwhile, of which the ends are asked for too.
  expect(asked.filter((status) => status === 'in_progress')).toHaveLength(2);
});

test('handlers that throw stop nothing, are told of, and cost the others nothing', async () => {
  const page = new MirrorFixture();
  const { story, mirror } = page;
  const broken = new Error('a defect of the page');
  const breaks = () => {
    throw broken;
  };
  mirror.on('result', breaks);
  mirror.on('error', breaks);
  const later = vi.fn();
  mirror.on('result', later);
  const stop = mirror.subscribe(breaks);
  const socket = await page.connected();
  await says(socket, story.status(1, 'in_progress'), story.complete(1, 'a'), story.complete(1, 'b'));
  expect(later.mock.calls.map(([entry]) => entry.invocation_id)).toEqual(['a', 'b']);
  expect(page.heard.errors).toContainEqual({ cause: 'handler', error: broken });
  const { changes, errors } = page.heard;
  const told = errors.length;
  stop();
  await says(socket, story.status(1, 'completed'));
  expect(page.heard.changes).toBe(changes + 1);
  expect(errors).toHaveLength(told);
});

test('a handler that closes the mirror hears nothing more', async () => {
  const page = new MirrorFixture();
  const { story, mirror, heard } = page;
  mirror.on('result', () => mirror.close());
  const socket = await page.connected();
  const { changes } = heard;
  await says(socket, story.status(1, 'in_progress'), story.complete(1, 'a'), story.complete(1, 'b'));
  expect(heard.results).toEqual(['1/a']);
  expect(heard.changes).toBe(changes);
});

test('a key that is revoked ends the mirror, which says so', async () => {
  const page = new MirrorFixture();
  const socket = await page.connected();
  await page.mirror.ready;
  page.api.answers.delete('GET status');
  socket.drops(CLOSE_KEY_ENDED);
  (await page.socket()).drops();
  await (await page.api.next('GET status')).refuse('unauthenticated');
  expect(page.heard.errors).toMatchObject([{ cause: 'ended', error: { code: 'unauthenticated' } }]);
  expect(page.mirror.state.connected).toBe(false);
});

test('so does a read that is refused for the key, and a queue that is gone', async () => {
  const refused = new MirrorFixture({ holding: ['GET status'] });
  const socket = await refused.connected();
  await (await refused.api.next('GET status')).refuse('unauthenticated');
  expect(refused.heard.errors).toMatchObject([{ cause: 'ended', error: expect.any(ProblemError) }]);
  expect(socket.closed).toBe(true);
  await expect(refused.mirror.ready).rejects.toBeInstanceOf(ProblemError);

  const gone = new MirrorFixture();
  (await gone.connected()).drops(CLOSE_QUEUE_GONE);
  await settled();
  expect(gone.heard.errors).toMatchObject([{ cause: 'ended', error: { message: 'The queue was deleted.' } }]);
});

test('a service that cannot be reached at the start is asked again', async () => {
  const page = new MirrorFixture({ holding: ['GET keys/current'] });
  await (await page.api.next('GET keys/current')).breaks();
  await (await page.api.next('GET keys/current')).refuse('unavailable');
  await (await page.api.next('GET keys/current')).answer({ user_id: 'ann' });
  await page.connected();
  await page.mirror.ready;
  expect(page.heard.errors).toEqual([]);
});

test('reads are a few at a time, and what failed is read again', async () => {
  const page = new MirrorFixture();
  page.api.answers.set('GET list', ({ query }) => {
    const rows = Array.from({ length: 9 }, (_, index) => summary(index + 1, 'in_progress'));
    const items = query.get('status') === 'in_progress' ? rows : [];
    return { items, limit: 1, has_more: false, next_cursor: null };
  });
  await page.connected();
  await settled();
  const sessions = () => page.api.made.filter((name) => name.endsWith('/invocations'));
  expect(sessions()).toHaveLength(4);
  await (await page.api.next('GET i/1/invocations')).breaks();
  expect(sessions()).toHaveLength(5);
  for (let item_id = 2; item_id <= 9; item_id++) {
    const read = await page.api.next(`GET i/${item_id}/invocations`);
    await read.answer(recordsPage(item_id, 'in_progress', [record('draft')]));
  }
  const again = await page.api.next('GET i/1/invocations');
  await again.answer(recordsPage(1, 'in_progress', [record('draft')]));
  expect(page.heard.results).toHaveLength(9);
  expect(page.heard.errors).toEqual([]);
});

test('a mirror that is closed before it began rejects whoever waits for it', async () => {
  const page = new MirrorFixture({ holding: ['GET keys/current'] });
  const key = await page.api.next('GET keys/current');
  page.mirror.close();
  expect(key.signal?.aborted).toBe(true);
  await expect(page.mirror.ready).rejects.toThrow('closed');
  await key.answer({ user_id: 'ann' });
  expect(page.connections.afters).toEqual([]);
  const stopped = AbortSignal.abort();
  await expect(new MirrorFixture({ signal: stopped }).mirror.ready).rejects.toThrow('closed');
});

test('a batch that changes while its counters are read is read again', async () => {
  const page = new MirrorFixture();
  const { story } = page;
  const socket = await page.connected();
  const counts = { queue_id: 'q', batch_id: 'b', origin: null, destination: null, ...NO_COUNTS };
  const by = { user_ids: ['ann'], canceled_item_ids_by_user: { ann: [1] } };
  const canceled = (item_id: number) =>
    story.event('queue_items_canceled', {
      ...by,
      canceled_item_ids: [item_id],
      canceled_item_ids_by_user: { ann: [item_id] },
    });
  await says(
    socket,
    story.event('batch_enqueued', {
      ...{ batch_id: 'b', origin: null, destination: null, user_id: 'ann' },
      ...{ enqueued: 2, requested: 2, priority: 0, first_item_id: 1 },
    }),
    canceled(1),
  );
  const read = await page.api.next('GET b/b/status');
  await says(socket, canceled(2));
  await read.answer({ ...counts, pending: 1, canceled: 1, total: 2 });
  const again = await page.api.next('GET b/b/status');
  await again.answer({ ...counts, canceled: 2, total: 2 });
  expect(page.mirror.state.batches.get('b')?.value).toMatchObject({ pending: 0, canceled: 2 });
});

test('a mirror that is closed by a handler opens nothing for what came after in the same breath', async () => {
  const page = new MirrorFixture({ holding: ['GET status'] });
  const { story, mirror } = page;
  const socket = await page.connected();
  const status = await page.api.next('GET status');
  mirror.on('result', () => mirror.close());
  await says(socket, story.status(1, 'in_progress'));
  const before = page.api.made.length;
  await says(socket, story.complete(1, 'a'), hello(story.sequence, 'current'), live(story.sequence));
  expect(page.heard.results).toEqual(['1/a']);
  expect(status.signal?.aborted).toBe(true);
  expect(page.api.made.slice(before)).toEqual([]);
});

test('a mirror that was closed is not held by the signal that could have ended it', () => {
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, 'addEventListener');
  const removed = vi.spyOn(signal, 'removeEventListener');
  new MirrorFixture({ signal }).mirror.close();
  expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
});

test('a queue in which much happens does not keep a mirror from being ready', async () => {
  const page = new MirrorFixture({ holding: ['GET status'] });
  const { story, mirror } = page;
  const socket = await page.connected();
  const status = await page.api.next('GET status');
  await says(socket, story.event('queue_cleared', { user_id: 'bob' }));
  await status.answer({ queue: queueStatus(), processor: { is_started: true, is_processing: false } });
  // What came meanwhile is read once more.
  await page.api.next('GET status');
  await mirror.ready;
});

test('what is looked for while it is looked for already is looked for once more, and nothing is begun anew', async () => {
  const page = new MirrorFixture();
  const { mirror } = page;
  const socket = await page.connected();
  await mirror.ready;
  const { api, story } = page;
  api.answers.delete('GET list');
  const lists = api.count('GET list');
  // Each has to go before it could be read.
  for (let item_id = 1; item_id <= ITEMS_MAX + 5; item_id++) {
    api.answers.set(`GET i/${item_id}/invocations`, () => recordsPage(item_id, 'in_progress', []));
    const unseen = { ...story.status(item_id, 'completed'), status_sequence: 7 };
    await says(socket, unseen as Parameters<typeof socket.says>[0]);
  }
  expect(api.count('GET list')).toBe(lists + 1);
  api.answers.set('GET list', () => ({ items: [], limit: 1, has_more: false, next_cursor: null }));
  const first = await api.next('GET list');
  await first.answer({ items: [], limit: 1, has_more: false, next_cursor: null });
  await settled();
  expect(api.count('GET list')).toBe(lists + 16);
});

test('what ended before the first page is nothing new to it, also past an item that waits', async () => {
  const page = new MirrorFixture();
  const items = [summary(1, 'pending', { attempts: 0 }), summary(2, 'completed'), summary(3, 'failed')];
  page.api.answers.set('GET list', ({ query }) => {
    const status = query.get('status');
    const wanted = items.filter((item) => status === null || item.status === status);
    return {
      items: query.get('order_dir') === 'DESC' ? wanted.toReversed() : wanted,
      limit: 1,
      has_more: false,
      next_cursor: null,
    };
  });
  page.api.answers.set('POST item_summaries_by_ids', () => items.slice(1));
  for (const { item_id, status } of items)
    page.api.answers.set(`GET i/${item_id}/outputs`, () => ({
      ...{ item_id, status, next_cursor: null },
      outputs: [{ invocation_id: 'blur', invocation_source_id: 'blur', type: 'blur', result: image('blur') }],
    }));
  const socket = await page.connected();
  await page.mirror.ready;
  await settled();
  expect(page.api.made.filter((name) => name.endsWith('/outputs'))).toEqual([]);
  expect(page.heard.results).toEqual([]);
  // The one that waited is news when it runs.
  const { story } = page;
  await says(socket, story.status(1, 'in_progress'), story.complete(1, 'blur'), story.status(1, 'completed'));
  expect(page.heard.results).toEqual(['1/blur']);
});
