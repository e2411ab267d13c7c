import { expect, test } from 'vitest';
import { hello, live, progress, runnerEvent, snapshot } from '../testing/frames.ts';
import { StreamCursor } from './stream-cursor.ts';

test('frames in order are delivered and move the cursor', () => {
  const cursor = new StreamCursor();
  expect(cursor.accept(hello(7, 'snapshot'))).toBe('deliver');
  expect(cursor.sequence).toBeNull();
  expect(cursor.accept(snapshot(7))).toBe('deliver');
  expect(cursor.accept(live(7))).toBe('deliver');
  expect(cursor.accept(runnerEvent(8, 7))).toBe('deliver');
  expect(cursor.sequence).toBe(8);
});

test('what an overlapping resume repeats is dropped', () => {
  const cursor = new StreamCursor(8);
  expect(cursor.accept(runnerEvent(8, 7))).toBe('repeated');
  expect(cursor.accept(runnerEvent(9, 8))).toBe('deliver');
  expect(cursor.accept(runnerEvent(9, 8))).toBe('repeated');
});

test('a filtered stream skips numbers; only an unseen prev is a gap', () => {
  const cursor = new StreamCursor(8);
  expect(cursor.accept(runnerEvent(20, 5))).toBe('deliver');
  expect(cursor.accept(runnerEvent(40, 20))).toBe('deliver');
  expect(cursor.accept(runnerEvent(60, 50))).toBe('gap');
  expect(cursor.sequence).toBe(40);
});

test('live moves the cursor past the events of others', () => {
  const cursor = new StreamCursor(8);
  cursor.accept(live(100));
  expect(cursor.sequence).toBe(100);
  cursor.accept(live(50));
  expect(cursor.sequence).toBe(100);
});

test('a current hello means that nothing was missed; a replaying one does not', () => {
  const current = new StreamCursor(8);
  current.accept(hello(12, 'current'));
  expect(current.sequence).toBe(12);
  const replay = new StreamCursor(8);
  replay.accept(hello(12, 'replay'));
  expect(replay.sequence).toBe(8);
});

test('only a snapshot moves back', () => {
  const cursor = new StreamCursor(800);
  cursor.accept(snapshot(3));
  expect(cursor.sequence).toBe(3);
});

test('ephemeral progress is delivered and moves nothing', () => {
  const cursor = new StreamCursor(8);
  expect(cursor.accept(progress(1, 'n', 0.5))).toBe('deliver');
  expect(cursor.sequence).toBe(8);
});

test('a mark is delivered and moves nothing', () => {
  const cursor = new StreamCursor(8);
  expect(cursor.accept({ name: 'acknowledge', sequence: 9 })).toBe('deliver');
  expect(cursor.sequence).toBe(8);
});
