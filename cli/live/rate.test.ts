import { expect, test } from 'vitest';
import { Rate, rateText } from './rate.ts';

test('the rate is that of the last while', () => {
  const rate = new Rate();
  expect(rate.perSecond(0, 0)).toBeNull();
  rate.take(0, 0);
  expect(rate.perSecond(5, 100)).toBeNull();
  for (let second = 1; second <= 60; second++) rate.take(second, second * 1_000);
  for (let second = 61; second <= 120; second++) rate.take(60 + (second - 60) * 3, second * 1_000);
  expect(rate.perSecond(240, 120_000)).toBeCloseTo(3, 5);
});

test('what stands still has no rate after a while', () => {
  const rate = new Rate();
  for (let second = 0; second <= 60; second++) rate.take(Math.min(second, 5), second * 1_000);
  expect(rate.perSecond(5, 60_000)).toBeNull();
});

test.each([
  [120.4, '120/s'],
  [3.21, '3.2/s'],
  [0.5, '30/min'],
  [0.05, '3.0/min'],
])('%d a second is %s', (perSecond, text) => {
  expect(rateText(perSecond)).toBe(text);
});
