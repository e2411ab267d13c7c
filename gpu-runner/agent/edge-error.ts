/** What a call to the edge may end in besides an answer, and what to do about each. @pure */
import type { Problem } from '../../contract/error/problem.ts';

/** The edge answered, and not with what was asked for. */
export class EdgeRefusal extends Error {
  override name = 'EdgeRefusal';
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfterMs: number;

  constructor(status: number, problem: Partial<Problem> | null, retryAfterMs = 0) {
    super(problem?.detail ?? problem?.title ?? `the edge answered ${status}`);
    this.status = status;
    this.code = problem?.code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The runner cannot go on, and trying again would not help; `exitCode` says why to whoever started it. */
export class FatalError extends Error {
  override name = 'FatalError';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** After sysexits.h where it has a fitting one. */
export const EXIT = {
  drained: 0,
  usage: 64,
  /** The device does not work, or its process dies again and again. */
  device: 69,
  defect: 70,
  /** Stopped before every result was delivered: the queue will run those items again. */
  undelivered: 75,
  /** The edge speaks another version of the protocol. */
  protocol: 76,
  /** The key is not accepted. */
  key: 77,
  /** There is no such queue, or the edge does not take this runner. */
  config: 78,
} as const;

/**
 * retry     the same call may pass later.
 * register  the registration is over, or its queue is another one now: register again, then go on.
 * fatal     this runner cannot go on.
 * refused   the call itself is at fault.
 */
export type Verdict = 'retry' | 'register' | 'fatal' | 'refused';

export function verdictOf(error: unknown): Verdict {
  if (error instanceof FatalError) return 'fatal';
  // No answer, a broken one, or one that is not of the protocol: a proxy, an edge that starts.
  if (!(error instanceof EdgeRefusal)) return 'retry';
  const { status } = error;
  if (status >= 500 || status === 408 || status === 425 || status === 429) return 'retry';
  if (status === 401 || status === 403 || status === 426) return 'fatal';
  return status === 404 || status === 409 ? 'register' : 'refused';
}

export function fatal(error: EdgeRefusal): FatalError {
  if (error.status === 426) return new FatalError(EXIT.protocol, error.message);
  if (error.status === 401 || error.status === 403) return new FatalError(EXIT.key, error.message);
  return new FatalError(EXIT.config, error.message);
}

export const retryAfterMs = (error: unknown): number => (error instanceof EdgeRefusal ? error.retryAfterMs : 0);

/** What happened, with the reason that `fetch` keeps in the error's cause. */
export function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${told(error.cause)}` : error.message;
}
