import { expect, test } from 'vitest';
import { duration, parseDuration, relative } from './times.ts';

test.each([
  [0, '0 ms'],
  [0.0806, '81 ms'],
  [0.9994, '999 ms'],
  [0.9996, '1.0 s'],
  [4.21, '4.2 s'],
  [9.949, '9.9 s'],
  [9.96, '10 s'],
  [59.4, '59 s'],
  [59.6, '1m 00s'],
  [185, '3m 05s'],
  [3_599.6, '1h 00m'],
  [7_830, '2h 10m'],
  [86_400, '1d 00h'],
  [367_200, '4d 06h'],
])('%d seconds last %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

const NOW = Date.parse('2026-05-01T12:00:00.000Z');
test.each([
  ['2026-05-01T12:00:00.900Z', 'now'],
  ['2026-05-01T11:59:59.100Z', 'now'],
  ['2026-05-01T11:59:48.000Z', '12s ago'],
  ['2026-05-01T11:58:59.000Z', '1m ago'],
  ['2026-05-01T10:01:00.000Z', '119m ago'],
  ['2026-05-01T09:00:00.000Z', '3h ago'],
  ['2026-04-29T12:00:00.000Z', '2d ago'],
  ['2026-04-01T12:00:00.000Z', '4w ago'],
  ['2026-05-01T12:00:30.000Z', 'in 30s'],
  ['2026-05-08T12:00:00.000Z', 'in 7d'],
])('%s is %s', (iso, text) => {
  expect(relative(iso, NOW)).toBe(text);
});

test.each([
  ['30d', 2_592_000],
  ['1h30m', 5_400],
  ['2w', 1_209_600],
  ['1.5h', 5_400],
  ['45', 45],
  ['45s', 45],
  ['', null],
  ['1y', null],
  ['h', null],
  ['-5m', null],
  ['1h 30m', null],
])('%s is %s seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});
