import { describe, expect, test } from 'vitest';
import {
  MARK_EVERY_CHARACTERS,
  MARK_EVERY_DOCUMENTS,
  REPLAY_MARKS_MAX,
  REPLAY_STALLED_MS,
  UNACKNOWLEDGED_DOCUMENTS_MAX,
} from '../../contract/event/stream.ts';
import { HELD_LEASES_MAX } from '../../contract/limits.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { ADMIN, ProtocolRunner, person, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';
import { Listener, Reader } from '../../test/support/stream-clients.ts';
import type { LogRow } from './fact.ts';
import { isBehind } from './flow.ts';
import { render } from './render.ts';
import { advance, answer, follow, framesFor, newStream, open, viewerOf } from './stream.ts';

const ANN = person('ann');

/** `count` items of ann's that were started, and lost with their runners in one transaction. */
async function started(count: number): Promise<{ fixture: QueueFixture; before: number; last: number }> {
  const fixture = await QueueFixture.open();
  fixture.enqueue(plainBatch('of-ann', count, { user_id: 'ann' }));
  for (let each = 0; each < Math.ceil(count / HELD_LEASES_MAX); each++) {
    const runner = new ProtocolRunner(fixture, `r${each}`).register();
    runner.post(...runner.claim(HELD_LEASES_MAX).map((grant) => entries(grant).started));
  }
  const before = fixture.log.at(-1)?.sequence ?? 0;
  fixture.ring(fixture.now + 15_000);
  return { fixture, before, last: fixture.log.at(-1)?.sequence ?? 0 };
}

describe('a client that missed very much', { timeout: 30_000 }, async () => {
  const count = 20_000;
  const { fixture, before, last } = await started(count);

  test('[R11] gets all of it, a transaction too large for one row of the log like any other', () => {
    const listener = new Listener(ANN);
    listener.state.prev = before;
    listener.hear(fixture, fixture.log.at(-1) as LogRow);
    const { frames } = new Reader(fixture, ANN, {}, before);
    // As text: there are too many to compare field by field.
    expect(JSON.stringify(frames) === JSON.stringify(listener.frames)).toBe(true);
    expect(listener.frames.at(-2)).toMatchObject({ queue_status: { pending: count, user_pending: count } });
    const rows = fixture.queue.sql.all<{ gap: number; length: number }>(
      'SELECT sequence - count - LAG(sequence, 1, 0) OVER (ORDER BY sequence) AS gap, LENGTH(body) AS length FROM log',
    );
    expect(new Set(rows.map(({ gap }) => gap))).toEqual(new Set([0]));
    expect(Math.max(...rows.map(({ length }) => length))).toBeLessThan(1_000_000);
  });

  test('[R13] [R50] gets it in windows, and the next one only for an answer', () => {
    const state = newStream(viewerOf(ANN));
    open(fixture.queue, ANN, state, 0);
    const seen: number[] = [];
    let windows = 0;
    for (let now = 0; !state.live; now++) {
      const { documents } = advance(fixture.queue, state, now);
      const length = documents.reduce((sum, document) => sum + document.length, 0);
      const largest = Math.max(...documents.map((document) => document.length));
      expect(length).toBeLessThanOrEqual(REPLAY_MARKS_MAX * (MARK_EVERY_CHARACTERS + 2 * largest));
      expect(documents.length).toBeLessThanOrEqual(REPLAY_MARKS_MAX * (MARK_EVERY_DOCUMENTS + 1));
      const frames = documents.map((text) => JSON.parse(text) as { name: string; sequence: number });
      seen.push(
        ...frames.flatMap(({ name, sequence }) => (name === 'acknowledge' || name === 'live' ? [] : [sequence])),
      );
      if (state.live) break;
      windows++;
      // Asked again without an answer, it says nothing.
      expect(advance(fixture.queue, state, now)).toEqual({ documents: [], next: 'waiting' });
      expect(state.stalled_at).toBe(now + REPLAY_STALLED_MS);
      // As the object does when it was evicted meanwhile.
      Object.assign(state, JSON.parse(JSON.stringify(state)));
      answer(state, state.flow.marks.at(-1)?.[0] ?? 0);
      expect(state.stalled_at).toBeNull();
    }
    expect(windows).toBeGreaterThan(10);
    expect(seen).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    expect(JSON.stringify(state).length).toBeLessThan(2_000);
  });

  test('is sent nothing new before it has caught up, and then what happened meanwhile', async () => {
    const { fixture } = await started(4_000);
    const all = new Reader(fixture, ADMIN, {}, 0).frames;
    const reader = new Reader(fixture, ADMIN, {}, 0, 2);
    expect(reader.live).toBeNull();
    fixture.enqueue(plainBatch('meanwhile', 1));
    for (let last = 0; !reader.state.live; ) {
      for (const text of advance(fixture.queue, reader.state, 0).documents) {
        const frame = JSON.parse(text) as (typeof all)[number];
        if (frame.name === 'acknowledge') last = frame.sequence;
        else if (frame.name !== 'live') reader.frames.push(frame);
      }
      answer(reader.state, last || (reader.state.flow.marks[0]?.[0] ?? 0));
    }
    expect(reader.frames.slice(0, -1)).toEqual(all);
    expect(reader.frames.at(-1)).toMatchObject({ name: 'batch_enqueued', batch_id: 'meanwhile', prev: all.length });
  });

  test('is told that it is lost when retention overtakes it', async () => {
    const { fixture } = await started(5_000);
    const reader = new Reader(fixture, ADMIN, {}, 0, 1);
    fixture.queue.sql.all('DELETE FROM log WHERE sequence < ?', fixture.log.at(-1)?.sequence ?? 0);
    answer(reader.state, reader.state.flow.marks.at(-1)?.[0] ?? 0);
    expect(advance(fixture.queue, reader.state, 0)).toEqual({ documents: [], next: 'lost' });
    expect(new Reader(fixture, ADMIN, {}, reader.state.prev).hello.mode).toBe('snapshot');
  });

  test('and looks for one item in it holds the thread for a bounded part at a time', () => {
    const reader = new Reader(fixture, ANN, { item_id: 3 }, 0);
    expect(reader.turns).toBeGreaterThan(4);
    expect(reader.frames.map((frame) => frame.item_id)).toEqual(Array(reader.frames.length).fill(3));
    expect(reader.frames.map((frame) => frame.name)).toEqual([
      'queue_item_status_changed',
      'lease_expired',
      'queue_item_status_changed',
    ]);
  });
});

test('[R50] a live stream whose client answers nothing is behind past the limit', async () => {
  const { fixture } = await started(UNACKNOWLEDGED_DOCUMENTS_MAX / 2);
  const state = { ...newStream(viewerOf(ADMIN)), live: true };
  let sent = 0;
  for (const row of fixture.log) {
    const before = state.flow;
    const frames = framesFor(render(fixture.queue, row), state);
    const mark = follow(state, frames, row.sequence);
    sent += frames.documents.length;
    expect(mark === null).toBe(state.flow.marks.length === before.marks.length);
    expect(state.prev).toBe(row.sequence);
    if (isBehind(state.flow)) break;
  }
  expect(isBehind(state.flow)).toBe(true);
  expect(sent).toBeLessThanOrEqual(fixture.log.at(-1)?.sequence ?? 0);
  answer(state, state.prev);
  expect(isBehind(state.flow)).toBe(false);
});
