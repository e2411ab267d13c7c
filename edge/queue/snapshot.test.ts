import { expect, test } from 'vitest';
import { StreamSnapshot } from '../../contract/event/stream.ts';
import { HELD_LEASES_MAX } from '../../contract/limits.ts';
import type { Principal } from '../../contract/store/key.ts';
import { ADMIN, ProtocolRunner, person, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';
import type { Filter } from './render.ts';
import { snapshot } from './snapshot.ts';

const ANN = person('ann');
const BOB = person('bob');

function take(fixture: QueueFixture, principal: Principal, filter: Filter = {}) {
  const taken = snapshot(fixture.queue, principal, filter, 7);
  expect(StreamSnapshot.safeParse(taken).error).toBeUndefined();
  return taken;
}
const ids = (taken: StreamSnapshot) => taken.items.map((item) => item.item_id);

async function busy(): Promise<QueueFixture> {
  const fixture = await QueueFixture.open();
  fixture.enqueue(plainBatch('of-ann', 3, { user_id: 'ann', origin: 'here' }));
  fixture.enqueue(plainBatch('of-bob', 3, { user_id: 'bob' }));
  const runner = new ProtocolRunner(fixture).register();
  const [one, two] = runner.claim(3);
  if (!one || !two) throw new Error('no grants');
  runner.run(one);
  runner.start(two);
  return fixture;
}

test('a snapshot has what is leased or runs, whole for those who may see it', async () => {
  const fixture = await busy();
  const taken = take(fixture, ADMIN);
  const leased = fixture.queue.sql
    .all<{ item_id: number }>('SELECT item_id FROM items WHERE runner_no IS NOT NULL ORDER BY item_id')
    .map((row) => row.item_id);
  expect(leased.length).toBe(2);
  expect(taken).toMatchObject({
    name: 'snapshot',
    sequence: 7,
    paused: false,
    items_truncated: false,
    batch_status: null,
  });
  expect(taken.queue_status).toMatchObject({ completed: 1, in_progress: 1, pending: 4 });
  expect(ids(taken)).toEqual(leased);
  const bobs = take(fixture, BOB);
  expect(ids(bobs)).toEqual(leased);
  for (const item of bobs.items)
    expect(item.user_id).toBe(fixture.item(item.item_id).user_id === 'bob' ? 'bob' : 'redacted');
  expect(JSON.stringify(bobs)).not.toMatch(/ann|here/);
});

test('a snapshot says that the queue is paused', async () => {
  const fixture = await busy();
  fixture.command('pause', null);
  expect(take(fixture, ADMIN)).toMatchObject({ paused: true, queue_status: { in_progress: 1 } });
});

test('a snapshot for one item has that item, whatever its status, and none that was removed', async () => {
  const fixture = await busy();
  const [finished] = fixture.read('items', { after: 0, limit: 10, status: 'completed' }).items;
  const item_id = finished?.item_id ?? 0;
  expect(take(fixture, ADMIN, { item_id }).items).toMatchObject([{ item_id, status: 'completed' }]);
  expect(take(fixture, ADMIN, { item_id: 99 }).items).toEqual([]);
  fixture.command('delete_item', item_id);
  expect(take(fixture, ADMIN, { item_id }).items).toEqual([]);
});

test('a snapshot for one batch has its counters and what runs of it, for its owner', async () => {
  const fixture = await busy();
  const of = (batch_id: string) =>
    ids(take(fixture, ADMIN)).filter((item_id) => fixture.item(item_id).batch_id === batch_id);
  for (const [batch_id, owner, other] of [
    ['of-ann', ANN, BOB],
    ['of-bob', BOB, ANN],
  ] as const) {
    const taken = take(fixture, owner, { batch_id });
    expect(ids(taken)).toEqual(of(batch_id));
    expect(taken.batch_status).toMatchObject({ batch_id, total: 3 });
    expect(take(fixture, other, { batch_id })).toMatchObject({ items: [], batch_status: { total: 0 } });
  }
  expect(take(fixture, ADMIN, { batch_id: 'none' })).toMatchObject({ items: [], batch_status: { total: 0 } });
});

test('a snapshot of very much running says that it was cut, and what it has of one batch is of that batch', async () => {
  const fixture = await QueueFixture.open();
  fixture.enqueue(plainBatch('many', 700));
  for (let each = 0; each * HELD_LEASES_MAX < 700; each++)
    new ProtocolRunner(fixture, `r${each}`).register().claim(HELD_LEASES_MAX);
  fixture.enqueue(plainBatch('late', 1));
  new ProtocolRunner(fixture, 'last').register().claim(1);
  const taken = take(fixture, ADMIN);
  expect(taken.items_truncated).toBe(true);
  expect(taken.items).toHaveLength(500);
  expect(ids(take(fixture, ADMIN, { batch_id: 'late' }))).toEqual([701]);
});
