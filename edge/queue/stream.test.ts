import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVENTS, QueueEventSchema } from '../../contract/event/registry.ts';
import { StreamSnapshot } from '../../contract/event/stream.ts';
import { ADMIN } from '../../test/support/queue-fixture.ts';
import { type Frame, Listener, Reader } from '../../test/support/stream-clients.ts';
import { HAPPENINGS, History, VIEWS } from '../../test/support/stream-history.ts';
import { messages } from './stream.ts';

const dice = fc.tuple(fc.nat(1_000), fc.nat(1_000), fc.nat(1_000));
/** Drawn evenly: a property over them is a walk through everything that can happen. */
const course = (length: number) => fc.array(dice, { minLength: length, maxLength: length });

/** One course of events, in which everything happens. */
async function everything(): Promise<History> {
  const history = await History.begin();
  for (const name of Object.keys(HAPPENINGS).flatMap((each) => ['resume', 'enqueue', 'start', 'fail', each]))
    for (const who of [0, 1, 2]) history.make(name, who, who);
  return history;
}

const framesOf = (history: History, who: string): Frame[] => history.listeners.get(who)?.frames ?? [];

describe('the event log', () => {
  test('[R11] [RQ11] sequences have no gap, every frame fits its schema, and prev chains every stream', async () => {
    await fc.assert(
      fc.asyncProperty(course(40), async (steps) => {
        const history = await History.begin();
        for (const step of steps) history.happen(step);
        const whole = framesOf(history, 'admin');
        expect(whole.map((event) => event.sequence)).toEqual(whole.map((_, index) => index + 1));
        expect(history.last).toBe(whole.length);
        for (const { frames } of history.listeners.values()) {
          let prev = 0;
          for (const event of frames) {
            expect(QueueEventSchema.safeParse(event).error, JSON.stringify(event)).toBeUndefined();
            expect(event.prev).toBe(prev);
            prev = event.sequence;
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  test('[R12] [RQ11] an item’s invocation events come before its final status event, and nothing after it', async () => {
    const history = await everything();
    const final = new Set(['completed', 'failed', 'canceled']);
    const ended = new Set<unknown>();
    for (const event of framesOf(history, 'admin')) {
      if (event.item_id === undefined) continue;
      expect(ended.has(event.item_id), JSON.stringify(event)).toBe(false);
      if (event.name === 'queue_item_status_changed' && final.has(String(event.status))) ended.add(event.item_id);
    }
    expect(ended.size).toBeGreaterThan(3);
  });

  test('[R13] any cut of a stream plus a resume equals the uninterrupted stream, filtered or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        course(40),
        fc.array(fc.tuple(fc.constantFrom(...Object.keys(VIEWS)), fc.nat(1_000)), { minLength: 10, maxLength: 10 }),
        async (steps, cuts) => {
          const history = await History.begin();
          for (const step of steps) history.happen(step);
          for (const [who, cut] of cuts) {
            const [principal, filter] = VIEWS[who] as (typeof VIEWS)[string];
            const all = framesOf(history, who);
            // A client quotes the last sequence that it saw in its own stream.
            const after = all.filter((event) => event.sequence <= cut % (history.last + 1)).at(-1)?.sequence ?? 0;
            const reader = new Reader(history.fixture, principal, filter ?? {}, after);
            const mode = after === history.last ? 'current' : 'replay';
            expect(reader.hello).toMatchObject({ name: 'hello', sequence: history.last, mode });
            expect(reader.frames).toEqual(all.filter((event) => event.sequence > after));
            expect(reader.live).toEqual({ name: 'live', sequence: history.last });
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('[R13] a client that comes back past what the log has gets a snapshot, and then what the others get', async () => {
    await fc.assert(
      fc.asyncProperty(course(20), course(20), fc.nat(1_000), async (before, after, cut) => {
        const history = await History.begin();
        for (const step of before) history.happen(step);
        const { sql } = history.fixture.queue;
        sql.all('DELETE FROM log WHERE sequence <= ?', cut % (history.last + 1));
        const kept = sql.get<{ before: number }>('SELECT MIN(sequence - count) AS before FROM log')?.before ?? null;
        for (const [who, [principal, filter = {}]] of Object.entries(VIEWS)) {
          const reader = new Reader(history.fixture, principal, filter, 0);
          const isKept = kept === 0;
          expect(reader.hello.mode).toBe(isKept ? 'replay' : 'snapshot');
          expect(reader.lost).toBe(false);
          if (!isKept) expect(StreamSnapshot.safeParse(reader.snapshot).error).toBeUndefined();
          history.listeners.set(
            `again: ${who}`,
            Object.assign(new Listener(principal, filter), { state: reader.state }),
          );
        }
        const seen = new Map([...history.listeners].map(([who, { frames }]) => [who, frames.length]));
        for (const step of after) history.happen(step);
        for (const who of Object.keys(VIEWS)) {
          const missed = framesOf(history, who).slice(seen.get(who));
          const again = framesOf(history, `again: ${who}`);
          // The first names the snapshot as what came before it.
          expect(again.map((event) => ({ ...event, prev: 0 }))).toEqual(missed.map((event) => ({ ...event, prev: 0 })));
          expect(again.slice(1)).toEqual(missed.slice(1));
        }
      }),
      { numRuns: 15 },
    );
  });

  test('a client gets a snapshot when the log no longer has what it missed, or never had it', async () => {
    const { fixture, last } = await everything();
    fixture.queue.sql.all('DELETE FROM log WHERE sequence < ?', last);
    const { total } = fixture.read('status', null).queue;
    for (const after of [0, last + 5]) {
      const { hello, snapshot, frames, state } = new Reader(fixture, ADMIN, {}, after);
      expect(hello).toMatchObject({ mode: 'snapshot', sequence: last });
      expect(snapshot).toMatchObject({ name: 'snapshot', sequence: last, queue_status: { total } });
      expect(frames).toEqual([]);
      expect(state).toMatchObject({ prev: last, live: true });
    }
    expect(new Reader(fixture, ADMIN, {}, null).hello).toMatchObject({ mode: 'current' });
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

test('the course of events above announces everything that can be logged', async () => {
  const history = await everything();
  const named = new Set(framesOf(history, 'admin').map((event) => event.name));
  const logged = Object.values(EVENTS).flatMap(({ name, durable }) =>
    durable && name !== 'queue_item_moved' ? [name] : [],
  );
  expect(logged.filter((name) => !named.has(name))).toEqual([]);
});
