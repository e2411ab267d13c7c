import { expect, test } from 'vitest';
import { GALLERY_MAX } from '../state/gallery.ts';
import { INVOCATIONS_PER_ITEM_MAX, ITEMS_MAX, OUTPUTS_PER_NODE_MAX } from '../state/queue-state.ts';
import { recentSize } from '../state/recent-map.ts';
import { activeItems, isBusy, shownItem } from '../state/selectors.ts';
import type { FakeSocket } from '../testing/fake-socket.ts';
import { hello, live } from '../testing/frames.ts';
import { settled } from '../testing/held-api.ts';
import { MirrorFixture, says } from '../testing/mirror-fixture.ts';
import { image, queueStatus, summary } from '../testing/queue-story.ts';

async function open(
  user_id = 'ann',
): Promise<{ page: MirrorFixture; socket: FakeSocket; story: MirrorFixture['story'] }> {
  const page = new MirrorFixture({ user_id });
  const socket = await page.connected();
  return { page, socket, story: page.story };
}

test('[RQ2] [S171] a result is shown once, whatever its item has become, and its progress is gone', async () => {
  const { page, socket, story } = await open();
  await says(socket, story.status(1, 'in_progress'), story.started(1, 'blur'), story.progress(1, 'blur', 0.5));
  expect(page.node(1, 'blur').progress).toBe(0.5);
  // Of a failed item.
  await says(socket, story.error(1, 'blur'), story.status(1, 'failed'));
  expect(page.node(1, 'blur').progress).toBeNull();
  await says(socket, story.complete(1, 'late'));
  expect(page.heard.results).toEqual(['1/late']);
  expect(page.node(1, 'late').completed).toBe(1);
  // Of an older run, while another runs.
  await says(socket, story.status(2, 'in_progress'), story.status(3, 'in_progress'), story.complete(2, 'blur'));
  // Again, and of a canceled one.
  await says(socket, story.complete(2, 'blur'), story.status(2, 'canceled'), story.complete(2, 'blur'));
  expect(page.heard.results).toEqual(['1/late', '2/blur']);
  // The same invocation of another item is another result.
  await says(socket, story.complete(3, 'blur'));
  expect(page.gallery).toEqual(['1/late', '2/blur', '3/blur']);
});

test('[RQ2] what nobody looks at is not shown: intermediate results, values, what a node hands on', async () => {
  const { page, socket, story } = await open();
  await says(
    socket,
    story.status(1, 'in_progress'),
    story.complete(1, 'draft', { is_intermediate: true }),
    story.complete(1, 'sum', { result: { type: 'integer_output', value: 3 } }),
  );
  expect(page.heard.results).toEqual([]);
  expect(page.node(1, 'draft').outputs).toHaveLength(1);
});

test('[RQ5] an item of thousands of invocations is bounded, and released when it is over', async () => {
  const { page, socket, story } = await open();
  await says(socket, story.status(1, 'in_progress'));
  const count = 4 * INVOCATIONS_PER_ITEM_MAX;
  const copies = Array.from({ length: count }, (_, index) => `many#${index}`);
  await says(socket, ...copies.flatMap((copy) => [story.started(1, copy), story.complete(1, copy)]));
  expect(page.node(1, 'many')).toMatchObject({ completed: count, in_progress: 0 });
  expect(page.node(1, 'many').outputs).toHaveLength(OUTPUTS_PER_NODE_MAX);
  expect(recentSize(page.item(1).ended)).toBeLessThanOrEqual(INVOCATIONS_PER_ITEM_MAX);
  expect(page.gallery).toHaveLength(GALLERY_MAX);
  expect(page.heard.results).toHaveLength(count);
  await says(socket, story.status(1, 'completed'));
  expect(recentSize(page.item(1).ended)).toBe(0);
  for (let item_id = 2; item_id <= 2 * ITEMS_MAX; item_id++)
    await says(socket, story.status(item_id, 'in_progress'), story.status(item_id, 'completed'));
  expect(page.mirror.state.items.size).toBe(ITEMS_MAX);
  // Old and forgotten, and known all the same.
  await says(socket, story.complete(1, 'many#7'));
  expect(page.heard.results).toHaveLength(count);
});

test('[RQ9] [S171] an error that comes late is told, once, with its origin: whoever waits for it goes on', async () => {
  const { page, socket, story } = await open();
  const origins: unknown[] = [];
  page.mirror.on('node_failed', ({ origin }) => origins.push(origin));
  const canvas = { origin: 'canvas_workflow_integration' };
  await says(socket, story.status(1, 'in_progress', canvas), story.started(1, 'blur', canvas));
  await says(socket, story.status(1, 'canceled', canvas));
  expect(page.heard.ended).toEqual([[1, 'canceled']]);
  await says(socket, story.error(1, 'blur', canvas), story.error(1, 'blur', canvas));
  expect(page.heard.failures).toEqual(['1/blur']);
  expect(origins).toEqual(['canvas_workflow_integration']);
  expect(page.item(1).status).toBe('canceled');
  expect(page.node(1, 'blur').status).toBe('canceled');
});

test('[S171] a run that is resumed goes on with what it has; the first start of an item begins anew', async () => {
  const { page, socket, story } = await open();
  await says(socket, story.status(1, 'in_progress'), story.complete(1, 'draft'), story.started(1, 'blur'));
  await says(socket, story.status(1, 'pending'), story.status(1, 'in_progress'));
  expect(page.node(1, 'draft')).toMatchObject({ completed: 1, status: 'completed' });
  // The second attempt tells its own results, and the first one's are not told again.
  await says(socket, story.complete(1, 'draft'), story.complete(1, 'blur'), story.status(1, 'completed'));
  expect(page.heard.results).toEqual(['1/draft', '1/blur']);
  expect(page.node(1, 'draft').completed).toBe(1);
});

test('[S171] progress and starts after a cancel or a clear are refused', async () => {
  const { page, socket, story } = await open();
  for (const item_id of [1, 2])
    await says(socket, story.status(item_id, 'in_progress'), story.started(item_id, 'blur'));
  await says(socket, story.status(1, 'canceled'), story.event('queue_cleared', { user_id: null }));
  for (const item_id of [1, 2]) {
    const before = page.item(item_id).nodes;
    await says(socket, story.progress(item_id, 'blur', 0.9), story.started(item_id, 'late'));
    expect(page.item(item_id).status).toBe('canceled');
    expect(page.item(item_id).nodes).toBe(before);
    expect(page.node(item_id, 'blur')).toMatchObject({ status: 'canceled', in_progress: 0, progress: null });
  }
});

test.each([
  ['one’s own', 'ann', 'canceled'],
  ['everybody’s', null, 'canceled'],
  ['somebody’s whose name is hidden', 'redacted', 'in_progress'],
  ['another user’s, as an admin sees it', 'bob', 'in_progress'],
])('[S171] a queue that is cleared of %s items', async (_, user_id, status) => {
  const { page, socket, story } = await open();
  await says(socket, story.status(1, 'in_progress'), story.event('queue_cleared', { user_id }));
  expect(page.item(1).status).toBe(status);
  expect(page.heard.ended).toEqual(status === 'canceled' ? [[1, 'canceled']] : []);
});

test('[S171] an old item’s results are shown while another runs, and each keeps its own nodes', async () => {
  const { page, socket, story } = await open();
  await says(socket, story.status(1, 'in_progress'), story.started(1, 'blur'));
  await says(socket, story.status(2, 'in_progress'), story.started(2, 'blur'), story.progress(2, 'blur', 0.2));
  const second = page.node(2, 'blur');
  await says(socket, story.progress(1, 'blur', 0.7), story.complete(1, 'blur'), story.error(1, 'other'));
  expect(page.node(2, 'blur')).toBe(second);
  expect(page.node(1, 'blur').completed).toBe(1);
  expect(page.heard.results).toEqual(['1/blur']);
  // Several run at once, and none of them resets another (gap of §7.4).
  expect(activeItems(page.mirror.state).map((item) => item.item_id)).toEqual([1, 2]);
});

test('a child of a workflow call has nodes of its own, and the parent keeps its display', async () => {
  const page = new MirrorFixture({ holding: ['GET list'] });
  const { story } = page;
  page.api.answers.set('GET list', (call) => {
    const items = [
      summary(1, 'waiting', { status_sequence: 2 }),
      summary(2, 'in_progress', { parent_item_id: 1, root_item_id: 1, workflow_call_id: 'c', workflow_call_depth: 1 }),
    ];
    const wanted = items.filter((item) => item.status === call.query.get('status'));
    return { items: wanted, limit: 1, has_more: false, next_cursor: null };
  });
  const socket = await page.connected();
  await page.mirror.ready;
  await says(socket, story.started(2, 'blur'), story.complete(2, 'blur'));
  expect(page.item(1).status).toBe('waiting');
  expect(page.item(1).nodes.size).toBe(0);
  expect(shownItem(page.mirror.state)?.item_id).toBe(1);
  expect(isBusy(page.mirror.state, { origin: 'workflows' })).toBe(true);
  expect(page.node(2, 'blur').completed).toBe(1);
});

test('what ran when its item was canceled does not run for ever', async () => {
  const { page, socket, story } = await open();
  await says(socket, story.status(1, 'in_progress'), story.started(1, 'blur'), story.started(1, 'many#0'));
  await says(socket, story.status(1, 'canceled'));
  for (const node of ['blur', 'many'])
    expect(page.node(1, node)).toMatchObject({ status: 'canceled', in_progress: 0, canceled: 1 });
});

test('counters that are older than what was heard change nothing, by whatever way they come', async () => {
  const page = new MirrorFixture({ holding: ['GET status'] });
  const { story } = page;
  const socket = await page.connected();
  const late = await page.api.next('GET status');
  const counts = { pending: 3, total: 3, user_pending: 3 };
  await says(socket, story.status(1, 'in_progress', { counts }));
  await late.answer({
    queue: queueStatus({ pending: 9, total: 9 }),
    processor: { is_started: true, is_processing: false },
  });
  expect(page.mirror.state.counts?.value).toMatchObject(counts);
  // The same event once more, and an event from before it: the stream passes neither on.
  const old = story.status(2, 'in_progress', { counts: { pending: 7 } });
  await says(socket, { ...old, sequence: 1, prev: 0 } as typeof old);
  expect(page.mirror.state.counts?.value).toMatchObject(counts);
});

test('somebody else’s results are no business of this viewer: an admin is told that something is stale', async () => {
  const { page, socket, story } = await open();
  const bob = { user_id: 'bob' };
  await says(socket, story.status(1, 'in_progress', bob), story.complete(1, 'blur', bob), story.error(1, 'x', bob));
  expect(page.mirror.state.items.size).toBe(0);
  expect(page.heard).toMatchObject({ results: [], failures: [], ended: [] });
  expect(page.heard.stale).not.toEqual([]);
  expect(page.api.made.filter((name) => name.startsWith('GET i/'))).toEqual([]);
});

test('[RQ11] [RQ10] events of an item come in order, and what is missing is noticed and asked for', async () => {
  const { page, socket, story } = await open();
  const [running, draft, blur, done] = [
    story.status(1, 'in_progress'),
    story.complete(1, 'draft'),
    story.complete(1, 'blur'),
    story.status(1, 'completed'),
  ];
  // The second one never arrives; nothing after it is taken before it.
  await says(socket, running, blur, done);
  expect(socket.closed).toBe(true);
  expect(page.item(1).status).toBe('in_progress');
  expect(page.mirror.state.connected).toBe(false);
  const next = await page.socket();
  expect(page.connections.afters).toEqual([null, 1]);
  // What is told again is told twice by nobody.
  await says(next, hello(4, 'replay'), running, draft, blur, blur, done, live(4));
  expect(page.item(1).status).toBe('completed');
  expect(page.heard.results).toEqual(['1/draft', '1/blur']);
  expect(page.mirror.state.sequence).toBe(4);
  expect(page.item(1).whole).toBe(true);
});

test('[RQ10] frames of one message are reduced together: one change, whatever their number, and every result', async () => {
  const { page, socket, story } = await open();
  const { changes } = page.heard;
  const ids = Array.from({ length: 1_000 }, (_, index) => `many#${index}`);
  await says(socket, story.status(1, 'in_progress'), ...ids.map((id) => story.complete(1, id, { result: image(id) })));
  expect(page.heard.changes).toBe(changes + 1);
  expect(page.heard.results).toHaveLength(1_000);
  const { state } = page.mirror;
  await settled();
  expect(page.mirror.state).toBe(state);
});
