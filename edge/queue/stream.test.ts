import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { QueueEventSchema } from '../../contract/event/registry.ts';
import { UNACKNOWLEDGED_MAX } from '../../contract/event/stream.ts';
import { HELD_LEASES_MAX } from '../../contract/limits.ts';
import type { Principal } from '../../contract/store/key.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { ADMIN, ProtocolRunner, person, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';
import type { LogRow } from './fact.ts';
import { type Filter, render } from './render.ts';
import { frame, messages, opening, type StreamState, viewerOf } from './stream.ts';

interface Frame {
  sequence: number;
  prev: number;
  name: string;
  [field: string]: unknown;
}

/** A client that is connected the whole time, from before the first event. */
class Listener {
  readonly state: StreamState;
  readonly frames: Frame[] = [];

  constructor(principal: Principal, filter: Filter = {}) {
    this.state = { viewer: viewerOf(principal), filter, packed: false, prev: 0 };
  }

  hear(fixture: QueueFixture, row: LogRow): void {
    for (const event of render(fixture.queue, [row])) {
      const text = frame(event, this.state);
      if (text === null) continue;
      this.state.prev = event.sequence;
      this.frames.push(JSON.parse(text) as Frame);
    }
  }
}

function open(fixture: QueueFixture, principal: Principal, filter: Filter, after: number | null) {
  const state: StreamState = { viewer: viewerOf(principal), filter, packed: false, prev: 0 };
  const messages = [...opening(fixture.queue, principal, state, after)].map((text) => JSON.parse(text) as Frame);
  return { hello: messages[0], missed: messages.slice(1, -1), live: messages.at(-1), state };
}

/** Everything that a queue announces: two users, sessions that end in each way, a lost runner. */
async function aHistory(): Promise<{ fixture: QueueFixture; listeners: Map<string, Listener> }> {
  const fixture = await QueueFixture.open();
  const listeners = new Map<string, Listener>([
    ['admin', new Listener(ADMIN)],
    ['ann', new Listener(person('ann'))],
    ['bob', new Listener(person('bob'))],
    ['item', new Listener(ADMIN, { item_id: 2 })],
    ['batch', new Listener(person('ann'), { batch_id: 'of-ann' })],
  ]);
  let told = 0;
  const step = (action: () => void) => {
    fixture.now += 10;
    action();
    for (; told < fixture.log.length; told++)
      for (const listener of listeners.values()) listener.hear(fixture, fixture.log[told] as LogRow);
  };
  const runner = new ProtocolRunner(fixture);
  step(() => runner.register());
  step(() => fixture.enqueue(plainBatch('of-ann', 4, { user_id: 'ann', origin: 'here' })));
  step(() => fixture.enqueue(plainBatch('of-bob', 2, { user_id: 'bob' })));
  const [one, two, three, four] = runner.claim(9).sort((a, b) => a.item_id - b.item_id);
  if (!one || !two || !three || !four) throw new Error('no grants');
  step(() => runner.run(one));
  step(() => runner.post(entries(two).started, entries(two).running));
  step(() => runner.post(entries(two).error));
  step(() => runner.post(entries(three).started, entries(three).running, entries(three).result));
  step(() => fixture.command('cancel_by_batch_ids', ['of-bob', 'of-ann']));
  step(() => fixture.enqueue(plainBatch('later', 1)));
  const heir = new ProtocolRunner(fixture, 'r2').register();
  const [last] = heir.claim(1);
  if (last) step(() => heir.start(last));
  step(() => fixture.ring(fixture.now + 15_000));
  return { fixture, listeners };
}

const PRINCIPALS: Record<string, [Principal, Filter]> = {
  admin: [ADMIN, {}],
  ann: [person('ann'), {}],
  bob: [person('bob'), {}],
  item: [ADMIN, { item_id: 2 }],
  batch: [person('ann'), { batch_id: 'of-ann' }],
};

describe('the event log', () => {
  test('[R11] sequences have no gap, every frame fits its schema, and prev chains every stream', async () => {
    const { fixture, listeners } = await aHistory();
    const whole = listeners.get('admin')?.frames ?? [];
    expect(whole.map((event) => event.sequence)).toEqual(whole.map((_, index) => index + 1));
    expect(fixture.log.at(-1)?.sequence).toBe(whole.length);
    for (const { frames } of listeners.values()) {
      let prev = 0;
      for (const event of frames) {
        expect(QueueEventSchema.safeParse(event).error, JSON.stringify(event)).toBeUndefined();
        expect(event.prev).toBe(prev);
        prev = event.sequence;
      }
    }
  });

  test('[R12] an item’s invocation events come before its final status event, and nothing after it', async () => {
    const { listeners } = await aHistory();
    const final = new Set(['completed', 'failed', 'canceled']);
    const ended = new Set<unknown>();
    for (const event of listeners.get('admin')?.frames ?? []) {
      if (event.item_id === undefined) continue;
      expect(ended.has(event.item_id), JSON.stringify(event)).toBe(false);
      if (event.name === 'queue_item_status_changed' && final.has(String(event.status))) ended.add(event.item_id);
    }
    expect(ended.size).toBe(3);
  });

  test('[R13] any cut of a stream plus a resume equals the uninterrupted stream, filtered or not', async () => {
    const { fixture, listeners } = await aHistory();
    const last = fixture.log.at(-1)?.sequence ?? 0;
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(PRINCIPALS)), fc.integer({ min: 0, max: last }), (who, cut) => {
        const [principal, filter] = PRINCIPALS[who] as [Principal, Filter];
        const all = listeners.get(who)?.frames ?? [];
        // A client quotes the last sequence that it saw in its own stream.
        const after = all.filter((event) => event.sequence <= cut).at(-1)?.sequence ?? 0;
        const { hello, missed, live } = open(fixture, principal, filter, after);
        expect(hello).toMatchObject({ name: 'hello', sequence: last, mode: after === last ? 'current' : 'replay' });
        expect(missed).toEqual(all.filter((event) => event.sequence > after));
        expect(live).toEqual({ name: 'live', sequence: last });
      }),
    );
  });

  test('a client gets a snapshot when the log no longer has what it missed, or never had it', async () => {
    const { fixture } = await aHistory();
    const last = fixture.log.at(-1)?.sequence ?? 0;
    fixture.queue.sql.all('DELETE FROM log WHERE sequence < ?', last);
    for (const after of [0, last + 5]) {
      const { hello, missed, state } = open(fixture, ADMIN, {}, after);
      expect(hello).toMatchObject({ mode: 'snapshot', sequence: last });
      expect(missed).toMatchObject([{ name: 'snapshot', sequence: last, queue_status: { total: 7 } }]);
      expect(state.prev).toBe(last);
    }
    expect(open(fixture, ADMIN, {}, null).hello).toMatchObject({ mode: 'current' });
    expect(UNACKNOWLEDGED_MAX).toBeGreaterThan(last);
  });

  test('[E152] owner and admin see an event whole, others a redacted companion or nothing', async () => {
    const { listeners } = await aHistory();
    const names = (who: string) => new Set(listeners.get(who)?.frames.map((event) => event.name));
    expect(names('ann')).toContain('invocation_complete');
    expect(names('bob')).not.toContain('invocation_complete');
    const ofAnn = (who: string) =>
      listeners.get(who)?.frames.filter((event) => event.item_id === 1 && event.name === 'queue_item_status_changed');
    expect(ofAnn('bob')).toHaveLength(2);
    expect(JSON.stringify(ofAnn('bob'))).not.toMatch(/ann|here/);
    expect(ofAnn('ann')).toMatchObject([
      {
        user_id: 'ann',
        origin: 'here',
        status: 'in_progress',
        completed_at: null,
        queue_status: { item_id: 1 },
      },
      {
        user_id: 'ann',
        status: 'completed',
        batch_status: { completed: 1, total: 4 },
        queue_status: { user_pending: 3 },
      },
    ]);
  });

  test('[E153] of a bulk cancel an admin sees all, an owner their own, and others that it happened', async () => {
    const { listeners } = await aHistory();
    const canceled = (who: string) =>
      listeners.get(who)?.frames.filter((event) => event.name === 'queue_items_canceled');
    expect(canceled('admin')).toMatchObject([{ canceled_item_ids: [4, 5, 6], user_ids: ['ann', 'bob'] }]);
    expect(canceled('ann')).toMatchObject([{ canceled_item_ids: [4], canceled_item_ids_by_user: { ann: [4] } }]);
    expect(canceled('bob')).toMatchObject([{ canceled_item_ids: [5, 6] }]);
    expect(canceled('item')).toEqual([]);
    expect(canceled('batch')).toMatchObject([{ canceled_item_ids: [4] }]);
  });

  test('packed messages hold the same documents in the same order, in lists', () => {
    const documents = Array.from({ length: 3_000 }, (_, index) =>
      JSON.stringify({ index, text: 'x'.repeat(index % 700) }),
    );
    const packed = [...messages(documents, true)];
    expect(packed.flatMap((message) => JSON.parse(message) as unknown[])).toEqual(
      documents.map((text) => JSON.parse(text)),
    );
    expect(packed.length).toBeLessThan(10);
    expect([...messages(documents, false)]).toEqual(documents);
    expect([...messages([], true)]).toEqual([]);
  });
});

test('[R11] a transaction too large for one row of the log is replayed like any other', async () => {
  const fixture = await QueueFixture.open();
  const count = 20_000;
  fixture.enqueue(plainBatch('of-ann', count, { user_id: 'ann' }));
  const runners = count / HELD_LEASES_MAX;
  for (let each = 0; each < runners; each++) {
    const runner = new ProtocolRunner(fixture, `r${each}`).register();
    runner.post(...runner.claim(HELD_LEASES_MAX).map((grant) => entries(grant).started));
  }
  const { sequence } = fixture.queue.sql.one<{ sequence: number }>('SELECT sequence FROM queue');
  fixture.ring(fixture.now + 15_000);
  expect(fixture.read('status', null).queue).toMatchObject({ pending: count, in_progress: 0 });
  const listener = new Listener(person('ann'));
  listener.state.prev = sequence + 2 * count + runners - 10;
  listener.hear(fixture, fixture.log.at(-1) as LogRow);
  const { missed } = open(fixture, person('ann'), {}, sequence + 2 * count + runners - 10);
  expect(missed).toEqual(listener.frames.slice(-10));
  expect(missed.at(-2)).toMatchObject({ queue_status: { pending: count, user_pending: count }, item_id: count });
  const rows = fixture.queue.sql.all<{ gap: number; length: number }>(
    'SELECT sequence - count - LAG(sequence, 1, 0) OVER (ORDER BY sequence) AS gap, LENGTH(body) AS length FROM log',
  );
  expect(new Set(rows.map(({ gap }) => gap))).toEqual(new Set([0]));
  expect(Math.max(...rows.map(({ length }) => length))).toBeLessThan(1_000_000);
});
