import { expect, test } from 'vitest';
import { progress, runnerEvent } from '../testing/frames.ts';
import { BUFFER_MAX, FrameBuffer } from './frame-buffer.ts';

test('frames come out in the order in which they went in', () => {
  const buffer = new FrameBuffer();
  const taken: unknown[] = [];
  for (let sequence = 1; sequence <= 3_000; sequence++) {
    buffer.push(runnerEvent(sequence, sequence - 1));
    if (sequence % 3 === 0) taken.push(buffer.shift(), buffer.shift());
  }
  while (buffer.length > 0) taken.push(buffer.shift());
  expect(taken).toEqual(Array.from({ length: 3_000 }, (_, index) => runnerEvent(index + 1, index)));
  expect(buffer.shift()).toBeUndefined();
});

test('of one running node only the newest progress waits', () => {
  const buffer = new FrameBuffer();
  buffer.push(runnerEvent(1, 0));
  buffer.shift();
  for (let step = 1; step <= 9; step++) {
    buffer.push(progress(1, 'denoise', step / 10));
    buffer.push(progress(2, 'denoise', step / 100));
  }
  expect(buffer.length).toBe(2);
  expect(buffer.shift()).toMatchObject({ item_id: 1, percentage: 0.9 });
  buffer.push(progress(1, 'denoise', 1));
  expect(buffer.shift()).toMatchObject({ item_id: 2, percentage: 0.09 });
  expect(buffer.shift()).toMatchObject({ item_id: 1, percentage: 1 });
});

test('it is full at the maximum and roomy again at half of it', () => {
  const buffer = new FrameBuffer();
  for (let sequence = 1; sequence <= BUFFER_MAX; sequence++) buffer.push(runnerEvent(sequence, sequence - 1));
  expect([buffer.full, buffer.roomy]).toEqual([true, false]);
  buffer.shift();
  expect([buffer.full, buffer.roomy]).toEqual([false, false]);
  while (buffer.length > BUFFER_MAX / 2) buffer.shift();
  expect(buffer.roomy).toBe(true);
});
