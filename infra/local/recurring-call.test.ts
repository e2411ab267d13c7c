import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RecurringCall } from './recurring-call.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('comes after a minute, then as often as it is to, also after a failure, until it is stopped', async () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => {});
  const call = vi.fn(async () => {});
  call.mockRejectedValueOnce(new Error('broken'));
  const recurring = new RecurringCall(call, HOUR);
  await vi.advanceTimersByTimeAsync(MINUTE - 1);
  expect(call).toHaveBeenCalledTimes(0);
  await vi.advanceTimersByTimeAsync(1);
  expect([call.mock.calls.length, error.mock.calls.length]).toEqual([1, 1]);
  await vi.advanceTimersByTimeAsync(HOUR);
  expect(call).toHaveBeenCalledTimes(2);
  recurring.stop();
  await vi.advanceTimersByTimeAsync(10 * HOUR);
  expect(call).toHaveBeenCalledTimes(2);
  error.mockRestore();
});

test('waits for the one before, and does not come again when it was stopped meanwhile', async () => {
  let end = () => {};
  const call = vi.fn(
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  const recurring = new RecurringCall(call, HOUR);
  await vi.advanceTimersByTimeAsync(10 * HOUR);
  expect(call).toHaveBeenCalledTimes(1);
  end();
  await vi.advanceTimersByTimeAsync(HOUR);
  expect(call).toHaveBeenCalledTimes(2);
  recurring.stop();
  end();
  await vi.advanceTimersByTimeAsync(10 * HOUR);
  expect(call).toHaveBeenCalledTimes(2);
});
