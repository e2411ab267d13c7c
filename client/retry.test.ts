import { expect, test } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '../contract/error/codes.ts';
import { problem } from '../contract/error/problem.ts';
import { ConnectionError, ProblemError } from './errors.ts';
import {
  mayRetry,
  RETRY_AFTER_MAX_MS,
  RETRY_BASE_MS,
  RETRY_MAX_MS,
  retryAfterOf,
  retryDelayMs,
  turnedAway,
} from './retry.ts';

const failed = (code: ErrorCode, retryAfterMs: number | null = null) =>
  new ProblemError(problem(code, 'no'), retryAfterMs);

test('only codes whose table entry says later are retried', () => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    expect(mayRetry(failed(code), true), code).toBe(ERROR_CODES[code].retry === 'later');
  }
});

/** Codes that a repeated call may get past: of one that may run twice, and of one that may not. */
const RETRIED: Partial<Record<ErrorCode, 'always' | 'repeatable'>> = {
  idempotency_in_progress: 'repeatable',
  queue_full: 'always',
  rate_limited: 'always',
  internal: 'repeatable',
  unavailable: 'always',
};

test('over every code: what is repeated, and what only when it may run twice', () => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    const error = failed(code);
    expect([code, mayRetry(error, true), mayRetry(error, false), turnedAway(error)]).toEqual([
      code,
      RETRIED[code] !== undefined,
      RETRIED[code] === 'always',
      RETRIED[code] === 'always',
    ]);
  }
});

test('a pause is asked for in seconds or as a date', () => {
  const now = Date.parse('2026-11-21T05:00:00.000Z');
  for (const [header, pause] of [
    ['0', 0],
    [' 7 ', 7_000],
    ['Sat, 21 Nov 2026 05:00:09 GMT', 9_000],
    ['Sat, 21 Nov 2026 04:59:09 GMT', 0],
    [null, null],
    ['', null],
    ['-3', null],
    ['1.5', null],
    ['soon', null],
  ] as const)
    expect([header, retryAfterOf(header, now)]).toEqual([header, pause]);
});

test('a call that must not run twice is repeated only when it was turned away at the door', () => {
  expect(mayRetry(failed('rate_limited'), false)).toBe(true);
  expect(mayRetry(failed('unavailable'), false)).toBe(true);
  expect(mayRetry(failed('internal'), false)).toBe(false);
  expect(mayRetry(new ConnectionError('http://x', new Error('reset')), false)).toBe(false);
  expect(mayRetry(new ConnectionError('http://x', new Error('reset')), true)).toBe(true);
});

test('an abort and an unknown error are never retried', () => {
  expect(mayRetry(new DOMException('stop', 'AbortError'), true)).toBe(false);
  expect(mayRetry(new Error('what'), true)).toBe(false);
});

test('a service that asks for a long pause is not hammered', () => {
  expect(mayRetry(failed('rate_limited', RETRY_AFTER_MAX_MS), true)).toBe(true);
  expect(mayRetry(failed('rate_limited', RETRY_AFTER_MAX_MS + 1), true)).toBe(false);
});

test('the wait doubles, stays under the maximum and keeps what the service asked for', () => {
  expect(retryDelayMs(0, 1)).toBe(RETRY_BASE_MS);
  expect(retryDelayMs(1, 1)).toBe(2 * RETRY_BASE_MS);
  for (const attempt of [0, 5, 40, 2_000]) {
    expect(retryDelayMs(attempt, 0)).toBe(0);
    expect(retryDelayMs(attempt, 1)).toBeLessThanOrEqual(RETRY_MAX_MS);
    expect(retryDelayMs(attempt, 0.5, 1_500)).toBeGreaterThanOrEqual(1_500);
  }
});
