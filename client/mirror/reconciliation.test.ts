import { expect, test } from 'vitest';
import { hello, live, snapshot } from '../testing/frames.ts';
import { settled } from '../testing/held-api.ts';
import { MirrorFixture, says } from '../testing/mirror-fixture.ts';
import { image, record, recordsPage, summary } from '../testing/queue-story.ts';

/** A page that had to take a snapshot, in which item 1 runs: its session is being read. */
async function afterSnapshot(status: 'in_progress' | 'pending' = 'in_progress') {
  const page = new MirrorFixture();
  const { story, connections } = page;
  const first = await page.connected();
  await says(first, story.status(1, 'in_progress'), story.started(1, 'blur'));
  first.drops();
  const socket = await page.socket();
  // The queue went on unseen: the draft was recorded meanwhile.
  story.sequence += 100;
  const row = summary(1, status, { status_sequence: 1 });
  const seen = { ...snapshot(story.sequence), items: [row] };
  await says(socket, hello(story.sequence, 'snapshot'), seen, live(story.sequence));
  const read = await page.api.next('GET i/1/invocations');
  return { page, story, connections, socket, read };
}

test('[RQ1] [S171] what was read of a run that ended never changes the nodes of the next', async () => {
  const { page, story, socket, read } = await afterSnapshot();
  await says(socket, story.status(1, 'completed'));
  const again = await page.api.next('GET i/1/invocations');
  await says(socket, story.status(2, 'in_progress'), story.started(2, 'blur'));
  const pending = page.node(2, 'blur');
  await read.answer(recordsPage(1, 'completed', [record('blur')]));
  await again.answer(recordsPage(1, 'completed', [record('blur')]));
  expect(page.node(2, 'blur')).toBe(pending);
  expect(pending).toMatchObject({ status: 'in_progress', outputs: [] });
  expect(page.node(1, 'blur')).toMatchObject({ status: 'completed', completed: 1 });
  expect(page.gallery).toEqual(['1/blur']);
});

test('[RQ1] an answer of the run before a requeue is dropped: the run has another status by now', async () => {
  const { page, story, socket, read } = await afterSnapshot();
  await says(socket, story.status(1, 'pending'));
  await read.answer(recordsPage(1, 'in_progress', [record('blur')]));
  expect(page.item(1).nodes.get('blur')?.completed ?? 0).toBe(0);
  // What it told of results holds whatever becomes of the run: a later read tells it, and once.
  const again = await page.api.next('GET i/1/invocations');
  await again.answer(recordsPage(1, 'pending', [record('blur')]));
  expect(page.gallery).toEqual(['1/blur']);
});

test.each(['failed', 'canceled'] as const)(
  '[RQ3] [S171] a run that %s shows what its other nodes had made',
  async (status) => {
    const { page, story, socket } = await afterSnapshot();
    await says(socket, story.status(1, status));
    const read = await page.api.next('GET i/1/invocations');
    await read.answer(recordsPage(1, status, [record('blur'), record('many#0'), record('many#1')]));
    expect(page.item(1).status).toBe(status);
    expect(page.node(1, 'many')).toMatchObject({ completed: 2, outputs: [{ invocation_id: 'many#0' }, {}] });
    expect(page.heard.results).toEqual(['1/blur', '1/many#0', '1/many#1']);
  },
);

test('[RQ4] [S171] only the first final event ends an item: no second read, nobody is told again, nothing flips', async () => {
  const { page, story, socket } = await afterSnapshot();
  await says(socket, story.status(1, 'completed'));
  const read = await page.api.next('GET i/1/invocations');
  await read.answer(recordsPage(1, 'completed', [record('blur')]));
  const { heard, api } = page;
  const before = { reads: api.count('GET i/1/invocations'), stale: heard.stale.length, item: page.item(1) };
  await says(socket, story.status(1, 'completed'), story.status(1, 'failed'), story.status(1, 'in_progress'));
  expect(page.item(1).status).toBe('completed');
  expect(page.item(1).nodes).toBe(before.item.nodes);
  expect(heard.ended).toEqual([[1, 'completed']]);
  expect(api.count('GET i/1/invocations')).toBe(before.reads);
});

test('[RQ6] [S171] what is read belongs to its connection: aborted with it, read anew by the next, an old answer dropped', async () => {
  const { page, story, socket, read } = await afterSnapshot();
  expect(read.signal?.aborted).toBe(false);
  socket.drops();
  await settled();
  expect(read.signal?.aborted).toBe(true);
  const next = await page.connected();
  const again = await page.api.next('GET i/1/invocations');
  // It was on its way when the connection ended, and tells of another time.
  await read.answer(recordsPage(1, 'in_progress', [record('old')]));
  expect(page.item(1).nodes.has('old')).toBe(false);
  expect(page.gallery).toEqual([]);
  await again.answer(recordsPage(1, 'in_progress', [record('draft')]));
  expect(page.node(1, 'draft').completed).toBe(1);
  await says(next, story.status(1, 'canceled'));
  page.mirror.close();
  expect(next.closed).toBe(true);
});

test('[RQ6] closing the mirror ends what is under way, and an answer that comes then changes nothing', async () => {
  const { page, read } = await afterSnapshot();
  page.mirror.close();
  expect(read.signal?.aborted).toBe(true);
  const { state } = page.mirror;
  const { changes } = page.heard;
  await read.answer(recordsPage(1, 'in_progress', [record('draft')]));
  expect(page.mirror.state).toBe(state);
  expect(page.heard.changes).toBe(changes);
});

test('[RQ6] [S171] a read of an item that was cleared meanwhile is aborted', async () => {
  const { page, story, socket, read } = await afterSnapshot();
  await says(socket, story.event('queue_cleared', { user_id: 'ann' }));
  expect(read.signal?.aborted).toBe(true);
  await read.answer(recordsPage(1, 'in_progress', [record('draft')]));
  expect(page.item(1).status).toBe('canceled');
  expect(page.gallery).toEqual([]);
});

test('[RQ7] what was read never changes a status: it is taken where both agree, and asked again where they do not', async () => {
  const { page, story, socket, read } = await afterSnapshot();
  // The read is ahead of the events.
  await read.answer(recordsPage(1, 'completed', [record('blur')]));
  expect(page.item(1).status).toBe('in_progress');
  expect(page.item(1).nodes.get('blur')?.status).toBe('in_progress');
  await says(socket, story.status(1, 'completed'));
  // The read is behind them.
  const second = await page.api.next('GET i/1/invocations');
  await second.answer(recordsPage(1, 'in_progress', []));
  expect(page.item(1)).toMatchObject({ status: 'completed', whole: false });
  const third = await page.api.next('GET i/1/invocations');
  await third.answer(recordsPage(1, 'completed', [record('blur')]));
  expect(page.node(1, 'blur')).toMatchObject({ status: 'completed', completed: 1 });
  expect(page.item(1).whole).toBe(true);
});

test('[RQ8] what belongs to no node that was heard of stands under the node that its id names', async () => {
  const { page, story, socket } = await afterSnapshot();
  await says(socket, story.status(1, 'completed'));
  const read = await page.api.next('GET i/1/invocations');
  await read.answer(recordsPage(1, 'completed', [record('unheard#3,1', { result: image('x.png') })]));
  expect(page.node(1, 'unheard').outputs).toEqual([{ invocation_id: 'unheard#3,1', result: image('x.png') }]);
});

test('[RQ12] nothing that was read is kept: each gap reads anew, and while there is none nothing is read', async () => {
  const { page, story, socket, read } = await afterSnapshot();
  await read.answer(recordsPage(1, 'in_progress', [record('draft')]));
  const reads = page.api.count('GET i/1/invocations');
  await says(socket, story.complete(1, 'blur'), story.status(1, 'completed'));
  expect(page.item(1).whole).toBe(true);
  expect(page.api.count('GET i/1/invocations')).toBe(reads);
  await says(socket, story.status(2, 'in_progress'), story.complete(2, 'blur'), story.status(2, 'completed'));
  expect(page.api.made.filter((name) => name.startsWith('GET i/2'))).toEqual([]);
  // The next gap: item 3 ran when the connection ended.
  await says(socket, story.status(3, 'in_progress'));
  socket.drops();
  const next = await page.socket();
  story.sequence += 100;
  const seen = { ...snapshot(story.sequence), items: [summary(3, 'in_progress', { status_sequence: 1 })] };
  await says(next, hello(story.sequence, 'snapshot'), seen, live(story.sequence));
  const again = await page.api.next('GET i/3/invocations');
  await again.answer(recordsPage(3, 'in_progress', [record('blur')]));
  expect(page.node(3, 'blur').completed).toBe(1);
});

test('a session is read page by page, and is whole with the last', async () => {
  const { page, read } = await afterSnapshot();
  await read.answer(recordsPage(1, 'in_progress', [record('draft')], 'more'));
  expect(page.item(1).whole).toBe(false);
  const second = await page.api.next('GET i/1/invocations');
  expect(second.query.get('cursor')).toBe('more');
  await second.answer(recordsPage(1, 'in_progress', [record('blur')]));
  expect(page.item(1).whole).toBe(true);
  expect(page.gallery).toEqual(['1/draft', '1/blur']);
});

test('a read whose item was removed meanwhile takes the item out', async () => {
  const { page, read } = await afterSnapshot();
  await read.refuse('not_found');
  expect(page.mirror.state.items.has(1)).toBe(false);
  expect(page.heard.ended).toEqual([[1, null]]);
  expect(page.heard.errors).toEqual([]);
});
