/** Whether and when a failed call is made again. The random number is an argument. @pure */
import { ConnectionError, ProblemError, UnexpectedAnswerError } from './errors.ts';

/** Attempts beyond the first, unless the client was told otherwise: about three seconds in all. */
export const RETRIES_DEFAULT = 4;

/** The first wait is up to this long; each further one up to twice the last, and never over the maximum. */
export const RETRY_BASE_MS = 200;
export const RETRY_MAX_MS = 5_000;

/** A Retry-After beyond this is the caller's to wait for, not ours. */
export const RETRY_AFTER_MAX_MS = 30_000;

/**
 * `repeatable` says that making the call twice is the same as making it once. A call that is not may still be
 * repeated when the answer shows that nothing happened: the service turned it away at the door.
 */
export function mayRetry(error: unknown, repeatable: boolean): boolean {
  if (error instanceof ConnectionError) return repeatable;
  // A proxy that cannot reach the service says so in its own words.
  if (error instanceof UnexpectedAnswerError) return repeatable && error.status >= 500;
  if (!(error instanceof ProblemError) || error.retry !== 'later') return false;
  if ((error.retryAfterMs ?? 0) > RETRY_AFTER_MAX_MS) return false;
  return repeatable || turnedAway(error);
}

/** Whether the answer shows that nothing happened: the service turned the call away at the door. */
export const turnedAway = (error: unknown): boolean =>
  error instanceof ProblemError && (error.status === 429 || error.status === 503);

/** Milliseconds from `now` that a Retry-After header asks for: seconds, or a date (RFC 9110). */
export function retryAfterOf(header: string | null, now: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const date = /^[A-Za-z]/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** Full jitter: clients that failed together do not come back together. Never before what the service asked for. */
export function retryDelayMs(attempt: number, random: number, retryAfterMs: number | null = null): number {
  const ceiling = Math.min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** Math.min(attempt, 30));
  return (retryAfterMs ?? 0) + Math.floor(random * ceiling);
}
