import { expect, test } from 'vitest';
import type { Status } from '../../contract/queue/status.ts';
import { hello, live, snapshot } from '../testing/frames.ts';
import { settled } from '../testing/held-api.ts';
import { KeptInMemory, MirrorFixture, says } from '../testing/mirror-fixture.ts';
import { image, recordsPage, summary } from '../testing/queue-story.ts';
import { endedThrough } from './catch-up.ts';
import type { ListCall, MirrorCalls } from './mirror-calls.ts';

const page = (items: ReturnType<typeof summary>[]) => ({ items, limit: 1, has_more: false, next_cursor: null });

test('an item that is given back while the lists are read is in one of them', async () => {
  let status: Status = 'in_progress';
  const list = ({ status: asked }: ListCall) => {
    const items = asked === undefined ? [summary(9, 'completed')] : asked === status ? [summary(4, status)] : [];
    if (asked === 'pending') status = 'pending';
    return Promise.resolve(page(items));
  };
  const calls = { list } as unknown as MirrorCalls;
  const ask = <Answer>(call: (signal: AbortSignal) => Promise<Answer>) => call(new AbortController().signal);
  expect(await endedThrough({ calls, ask, user_id: 'ann' })).toBe(3);
});

test('what is heard of and not finished is looked for later, whatever the lists say', async () => {
  const { api, mirror, story, ...fixture } = await afterGap();
  api.answers.set('GET list', ({ query }) => page(query.get('status') ? [] : [summary(10, 'completed')]));
  story.sequence += 100;
  const seen = { ...snapshot(story.sequence), items: [summary(1, 'in_progress', { status_sequence: 1 })] };
  await says(fixture.socket, hello(story.sequence, 'snapshot'), seen, live(story.sequence));
  await settled();
  expect(mirror.state.gallery.floor).toBe(0);
  const read = await api.next('GET i/1/invocations');
  await read.answer(recordsPage(1, 'in_progress', []));
  await says(fixture.socket, story.status(1, 'completed'));
  expect(mirror.state.gallery.floor).toBe(1);
});

test('items that nobody knows of are asked for on each connection until there is an answer', async () => {
  const { api, mirror, story, connected, heard, ...fixture } = await afterGap();
  story.sequence += 100;
  const { sequence } = story;
  await says(fixture.socket, hello(sequence, 'snapshot'), snapshot(sequence), live(sequence));
  await api.next('POST item_summaries_by_ids');
  fixture.socket.drops();
  await connected();
  const again = await api.next('POST item_summaries_by_ids');
  expect(again.body).toEqual({ item_ids: [1] });
  await again.answer([]);
  expect(heard.ended).toEqual([[1, null]]);
});

test('a page that is left while a session is read lets the next one look for its results', async () => {
  const storage = new KeptInMemory();
  const first = new MirrorFixture({ storage });
  const { story } = first;
  await says(await first.connected(), { ...story.status(1, 'completed'), status_sequence: 7 } as never);
  await first.api.next('GET i/1/invocations');
  first.mirror.close();
  const next = new MirrorFixture({ storage, story });
  next.api.answers.set('GET list', ({ query }) =>
    page(query.get('status') === 'completed' ? [summary(1, 'completed')] : []),
  );
  next.api.answers.set('POST item_summaries_by_ids', () => [summary(1, 'completed')]);
  const outputs = [{ invocation_id: 'blur', invocation_source_id: 'blur', type: 'blur', result: image('x.png') }];
  next.api.answers.set('GET i/1/outputs', () => ({ item_id: 1, status: 'completed', outputs, next_cursor: null }));
  await next.connected();
  await settled();
  expect(next.heard.results).toEqual(['1/blur']);
});

/** A page that knows item 1, which runs, and whose next socket has said nothing. */
async function afterGap() {
  const fixture = new MirrorFixture();
  const { api, mirror, story, heard } = fixture;
  const first = await fixture.connected();
  await mirror.ready;
  await says(first, story.status(1, 'in_progress'));
  first.drops();
  return { api, mirror, story, heard, connected: () => fixture.connected(), socket: await fixture.socket() };
}
