import { expect, test } from 'vitest';
import { parseMoment } from './moment.ts';

const NOW = Date.parse('2026-11-21T05:00:00.000Z');

test.each([
  ['90s', '2026-11-21T05:01:30.000Z'],
  ['10m', '2026-11-21T05:10:00.000Z'],
  ['1.5h', '2026-11-21T06:30:00.000Z'],
  ['1d', '2026-11-22T05:00:00.000Z'],
  ['2026-12-01T08:00:00Z', '2026-12-01T08:00:00.000Z'],
  ['2026-12-01 08:00+02:00', '2026-12-01T06:00:00.000Z'],
  ['2026-12-01T08:00', new Date('2026-12-01T08:00').toISOString()],
])('%s is %s', (text, time) => {
  expect(parseMoment(text, NOW)).toBe(time);
});

test.each(['', '10', '10x', '-5m', 'tomorrow', '2026-13-01', '12/01/2026'])('%j is no time', (text) => {
  expect(parseMoment(text, NOW)).toBeNull();
});
