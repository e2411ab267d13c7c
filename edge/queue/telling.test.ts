import { beforeAll, describe, expect, test } from 'vitest';
import { entries } from '../../test/support/queue-entries.ts';
import { ADMIN, ProtocolRunner, person, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';
import { type Frame, Listener } from '../../test/support/stream-clients.ts';

/** An admin who owns the item is sent one copy, not one as owner and one as admin. */
const OWNING_ADMIN = { ...ADMIN, user_id: 'ann' };
const ANN = person('ann');
const BOB = person('bob');

let fixture: QueueFixture;
let listeners: Record<string, Listener>;

/** What `action` announced, by who listens. */
function told(action: () => unknown): Record<string, Frame[]> {
  const before = fixture.log.length;
  action();
  const after = Object.fromEntries(Object.entries(listeners).map(([who, { frames }]) => [who, frames.length]));
  for (const row of fixture.log.slice(before))
    for (const listener of Object.values(listeners)) listener.hear(fixture, row);
  return Object.fromEntries(Object.entries(listeners).map(([who, { frames }]) => [who, frames.slice(after[who])]));
}

const names = (frames: Frame[] | undefined) => frames?.map((frame) => frame.name);

let runner: ProtocolRunner;

beforeAll(async () => {
  fixture = await QueueFixture.open();
  listeners = {
    admin: new Listener(ADMIN),
    both: new Listener(OWNING_ADMIN),
    ann: new Listener(ANN),
    bob: new Listener(BOB),
    'item 2': new Listener(ANN, { item_id: 2 }),
    'item 2 for bob': new Listener(BOB, { item_id: 2 }),
    'of ann': new Listener(ANN, { batch_id: 'of-ann' }),
    'of ann for bob': new Listener(BOB, { batch_id: 'of-ann' }),
  };
  runner = new ProtocolRunner(fixture).register();
});

describe('who is told what', () => {
  test('[E152] a batch: its owner and admins whole, once; others that it happened', () => {
    const { admin, both, ann, bob, ...filtered } = told(() =>
      fixture.enqueue(plainBatch('of-ann', 6, { user_id: 'ann', origin: 'here', destination: 'there' })),
    );
    for (const whole of [admin, both, ann])
      expect(whole).toMatchObject([
        {
          name: 'batch_enqueued',
          batch_id: 'of-ann',
          user_id: 'ann',
          origin: 'here',
          destination: 'there',
          enqueued: 6,
        },
      ]);
    expect(bob).toMatchObject([
      {
        name: 'batch_enqueued',
        batch_id: 'redacted',
        user_id: 'redacted',
        origin: null,
        destination: null,
        enqueued: 6,
      },
    ]);
    expect(JSON.stringify(bob)).not.toMatch(/ann|here/);
    expect(names(filtered['of ann'])).toEqual(['batch_enqueued']);
    expect(filtered['of ann for bob']).toEqual([]);
    expect(filtered['item 2']).toEqual([]);
  });

  test('[E151] [E152] a run: invocations to owner and admins, the status to all, what is private to few', () => {
    const [one, two] = runner.claim(2);
    if (!one || !two) throw new Error('no grants');
    const all = told(() => {
      runner.run(one);
      runner.post(entries(two).started, entries(two).running, entries(two).error);
    });
    const ofOne = [
      'queue_item_status_changed',
      'invocation_started',
      'invocation_complete',
      'queue_item_status_changed',
    ];
    const ofTwo = ['queue_item_status_changed', 'invocation_started', 'invocation_error', 'queue_item_status_changed'];
    for (const who of ['admin', 'both', 'ann', 'of ann']) expect(names(all[who])).toEqual([...ofOne, ...ofTwo]);
    expect(names(all['item 2'])).toEqual(ofTwo);
    expect(names(all.bob)).toEqual(Array(4).fill('queue_item_status_changed'));
    expect(names(all['item 2 for bob'])).toEqual(Array(2).fill('queue_item_status_changed'));
    expect(all['of ann for bob']).toEqual([]);
    expect(JSON.stringify(all.bob)).not.toMatch(/ann|here|NodeError|boom|value/);
    expect(all.bob?.at(-1)).toMatchObject({
      item_id: 2,
      status: 'failed',
      user_id: 'redacted',
      session_id: 'redacted',
      error_type: null,
      queue_status: { completed: 1, failed: 1, pending: 4, item_id: null, user_pending: null },
      batch_status: { batch_id: 'redacted', completed: 1 },
    });
    expect(all.ann?.[0]).toMatchObject({ status: 'in_progress', queue_status: { item_id: 1 } });
    expect(all.ann?.at(-1)).toMatchObject({ status: 'failed', queue_status: { item_id: null, user_pending: 4 } });
  });

  test('[E153] a retry: an admin all, owners their own, others that it happened', () => {
    const all = told(() => fixture.command('retry', { item_ids: [2], idempotency: null }, ANN));
    for (const who of ['admin', 'both', 'ann', 'item 2', 'of ann'])
      expect(all[who]).toMatchObject([
        {
          name: 'queue_items_retried',
          retried_item_ids: [2],
          new_item_ids: [7],
          user_ids: ['ann'],
          retried_item_ids_by_user: { ann: [2] },
        },
      ]);
    expect(all.bob).toMatchObject([
      {
        name: 'queue_items_retried',
        retried_item_ids: [],
        new_item_ids: [],
        user_ids: [],
        retried_item_ids_by_user: {},
      },
    ]);
    expect(all['item 2 for bob']).toEqual([]);
    expect(all['of ann for bob']).toEqual([]);
  });

  test('[E153] a bulk cancel: the same', () => {
    fixture.enqueue(plainBatch('of-bob', 2, { user_id: 'bob' }));
    const all = told(() => fixture.command('cancel_by_batch_ids', ['of-bob', 'of-ann']));
    const canceled = (who: string) => all[who]?.find((frame) => frame.name === 'queue_items_canceled');
    for (const who of ['admin', 'both'])
      expect(canceled(who)).toMatchObject({
        canceled_item_ids: [3, 4, 5, 6, 7, 8, 9],
        canceled_item_ids_by_user: { ann: [3, 4, 5, 6, 7], bob: [8, 9] },
      });
    expect(canceled('ann')).toMatchObject({ canceled_item_ids: [3, 4, 5, 6, 7], user_ids: ['ann'] });
    expect(canceled('of ann')).toMatchObject({ canceled_item_ids: [3, 4, 5, 6, 7], user_ids: ['ann'] });
    expect(canceled('bob')).toMatchObject({ canceled_item_ids: [8, 9], user_ids: ['bob'] });
    for (const who of ['item 2', 'item 2 for bob', 'of ann for bob']) expect(all[who]).toEqual([]);
    expect(all.bob?.filter((frame) => frame.name === 'queue_items_canceled')).toHaveLength(1);
  });

  test('[E153] a prune: the same, and the item’s own stream says that it is gone', () => {
    const all = told(() => fixture.command('prune', null, ANN));
    for (const who of ['admin', 'both', 'ann', 'of ann'])
      expect(all[who]).toMatchObject([
        { name: 'queue_items_pruned', pruned_item_ids: [1, 2, 3, 4, 5, 6, 7], user_ids: ['ann'] },
      ]);
    expect(all['item 2']).toMatchObject([{ name: 'queue_items_pruned', pruned_item_ids: [2] }]);
    expect(all.bob).toMatchObject([{ name: 'queue_items_pruned', pruned_item_ids: [], user_ids: [] }]);
    expect(all['item 2 for bob']).toEqual([]);
    expect(all['of ann for bob']).toEqual([]);
  });

  test('[E154] clearing one’s own: owner and admins whole, others redacted; clearing everything: everybody', () => {
    fixture.enqueue(plainBatch('again', 1, { user_id: 'ann' }));
    const own = told(() => fixture.command('clear', null, ANN));
    for (const who of ['admin', 'both', 'ann', 'item 2', 'of ann'])
      expect(own[who]).toMatchObject([{ name: 'queue_cleared', user_id: 'ann' }]);
    for (const who of ['bob', 'item 2 for bob', 'of ann for bob'])
      expect(own[who]).toMatchObject([{ name: 'queue_cleared', user_id: 'redacted' }]);
    const every = told(() => fixture.command('clear', null));
    for (const frames of Object.values(every)) expect(frames).toMatchObject([{ name: 'queue_cleared', user_id: null }]);
  });

  test('pausing, resuming and runners: everybody without a filter', () => {
    const all = told(() => {
      fixture.command('pause', null);
      fixture.command('resume', null);
      runner.heartbeat([], { draining: true });
    });
    for (const who of ['admin', 'both', 'ann', 'bob'])
      expect(names(all[who])).toEqual(['queue_paused', 'queue_resumed', 'runner_lost']);
    for (const who of ['item 2', 'item 2 for bob', 'of ann', 'of ann for bob']) expect(all[who]).toEqual([]);
  });
});
