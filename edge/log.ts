/** Structured log lines that name the request and the trace that they belong to. */
import type { AppContext } from './env.ts';

/** A failed statement's message carries its values, which may be large. */
const ERROR_LENGTH_MAX = 4_000;

const textOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const text = (error.stack ?? String(error)).slice(0, ERROR_LENGTH_MAX);
  return error.cause === undefined ? text : `${text}\ncaused by ${textOf(error.cause)}`.slice(0, 2 * ERROR_LENGTH_MAX);
};

export function logError(c: AppContext, message: string, error: unknown): void {
  const { request_id, trace, operation_id } = c.var;
  console.error(
    JSON.stringify({
      level: 'error',
      message,
      request_id,
      ...trace,
      operation_id,
      method: c.req.method,
      path: c.req.path,
      error: textOf(error),
    }),
  );
}
