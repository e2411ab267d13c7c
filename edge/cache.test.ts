import { expect, test } from 'vitest';
import { IsolateCache } from './cache.ts';

test('an entry is forgotten when its time is over', () => {
  const cache = new IsolateCache<string>(10);
  cache.set('a', 'x', 100);
  expect(cache.get('a', 99)).toBe('x');
  expect(cache.get('a', 100)).toBeUndefined();
});

test('the oldest entry makes room', () => {
  const cache = new IsolateCache<number>(2);
  cache.set('a', 1, 9);
  cache.set('b', 2, 9);
  cache.set('a', 3, 9);
  cache.set('c', 4, 9);
  expect(['a', 'b', 'c'].map((key) => cache.get(key, 0))).toEqual([3, undefined, 4]);
});

test('entries are dropped by what they hold', () => {
  const cache = new IsolateCache<number>(3);
  for (const [key, value] of Object.entries({ a: 1, b: 2, c: 1 })) cache.set(key, value, 9);
  cache.deleteWhere((value) => value === 1);
  expect(['a', 'b', 'c'].map((key) => cache.get(key, 0))).toEqual([undefined, 2, undefined]);
});
