import { expect, test } from 'vitest';
import { durationOf, itemId, itemIds, listOf, momentOf, rateLimitOf } from './arguments.ts';

test('arguments are read, or refused with what would be right', () => {
  expect(itemIds('2', itemIds('1'))).toEqual([1, 2]);
  expect(listOf(['a', 'b'])('a, b')).toEqual(['a', 'b']);
  expect(rateLimitOf('100/1m')).toEqual({ requests: 100, seconds: 60 });
  expect(durationOf('1h30m')).toBe(5_400);
  expect(Date.parse(momentOf('1d')) - Date.now()).toBeGreaterThan(86_000_000);
  for (const wrong of ['0', '-1', '1.5', 'x', '', '99999999999999999999'])
    expect(() => itemId(wrong)).toThrow(/whole number/);
  for (const wrong of ['100', '100/', '/60', '1.5/60', '1/0', '1/0.5'])
    expect(() => rateLimitOf(wrong)).toThrow(/100\/1m/);
  expect(() => listOf(['a'])('b')).toThrow(/Some of a/);
  expect(() => listOf()('a,,b')).toThrow(/Names/);
  expect(() => durationOf('soon')).toThrow(/duration/);
  expect(() => momentOf('soon')).toThrow(/30d/);
});
