import pc from 'picocolors';
import { expect, test } from 'vitest';
import type { RunningSession } from '../../client/run/batch-tally.ts';
import { batchLines, batchText, sessionLines } from './batch-lines.ts';

const plain = pc.createColors(false);

const session = (item_id: number, more: Partial<RunningSession> = {}): RunningSession => ({
  ...{ item_id, type: 'denoise_latents', message: 'step 3', percentage: 0.25, device: 'cpu' },
  ...more,
});

const tally = (total: number, ended: number, counts: Partial<Record<'failed' | 'canceled', number>> = {}) => ({
  total,
  ended: new Map(
    Array.from({ length: ended }, (_, id) => [id, { item_id: id, status: 'completed', error: null }] as const),
  ),
  counts: { completed: 0, failed: 0, canceled: 0, ...counts },
  running: new Map([[3, session(3)]]),
});

test.each([
  [tally(10, 4), null, '4/10'],
  [tally(10, 4, { failed: 1 }), 2, '4/10  1 failed, 2.0/s, 3.0 s left'],
  [tally(10, 10, { failed: 1, canceled: 2 }), 0.1, '10/10  1 failed, 2 canceled, 6.0/min'],
  [tally(1, 0), 2, '0/1  500 ms left'],
])('a batch in one line', (of, rate, text) => {
  expect(batchText({ tally: of, rate })).toBe(text);
});

test('the batch stands above its sessions, and a lost connection between', () => {
  const lines = batchLines({ tally: tally(4, 1), rate: null, disconnected: 3 }, 9, plain);
  expect(lines).toEqual([
    ` ${'█'.repeat(7)}${'░'.repeat(21)} 1/4`,
    ' the connection is lost for 3.0 s; it is waited for',
    ` item 3  denoise_latents   ${'█'.repeat(3)}${'░'.repeat(9)}  25%  cpu step 3`,
  ]);
});

test('sessions that there is no room for are counted', () => {
  const sessions = [session(8), session(9, { percentage: null }), session(10), session(11)];
  expect(sessionLines(sessions, 3, plain).map((line) => line.trim())).toEqual([
    expect.stringMatching(/^item 8 /),
    expect.stringMatching(/^item 9 .* {17}.*cpu step 3$/),
    '… and 2 more',
  ]);
  expect(sessionLines(sessions, 4, plain)).toHaveLength(4);
  expect(sessionLines(sessions, 0, plain)).toEqual([]);
});

test('what a node says cannot write over the lines', () => {
  expect(sessionLines([session(1, { message: '\x1b[2J\nbad' })], 1, plain)[0]).toMatch(/cpu .\[2J bad$/u);
});
