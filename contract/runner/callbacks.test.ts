import { expect, test } from 'vitest';
import { entries } from '../../test/support/queue-entries.ts';
import { INVOCATION_SECONDS_MAX } from '../limits.ts';
import { CallbackEntry } from './callbacks.ts';

test('device time that could not be added up is no callback', () => {
  const { result } = entries({ item_id: 1, fence: 1, token: '0123456789abcdef' });
  const takes = (seconds: number) => CallbackEntry.safeParse({ ...result, seconds }).success;
  expect([0, 0.5, INVOCATION_SECONDS_MAX].map(takes)).toEqual([true, true, true]);
  expect([-1, 1e303, Number.POSITIVE_INFINITY].map(takes)).toEqual([false, false, false]);
});
