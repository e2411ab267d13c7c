import { expect, test } from 'vitest';
import { restartDelayMs } from './restart-delay.ts';

test('the pause doubles with each failure in a row, up to a longest', () => {
  const delays: number[] = [];
  let failures = 0;
  for (let round = 0; round < 12; round++) {
    const next = restartDelayMs(failures, 50);
    failures = next.failures;
    delays.push(next.delay);
  }
  expect(delays.slice(0, 4)).toEqual([100, 200, 400, 800]);
  expect(Math.max(...delays)).toBe(10_000);
});

test('a process that ran for long begins anew', () => {
  expect(restartDelayMs(9, 30_000)).toEqual({ delay: 100, failures: 1 });
  expect(restartDelayMs(9, 29_999).failures).toBe(10);
});
