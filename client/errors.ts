/** What a call of the client can throw. Every class carries fields, so that nobody has to read a message. */
import { ERROR_CODES, type ErrorCode } from '../contract/error/codes.ts';
import type { Fault, Problem } from '../contract/error/problem.ts';

/** The base of everything that this client throws on purpose. */
export class SwitchyardError extends Error {
  override name = 'SwitchyardError';
}

/** No answer came: refused, reset, timed out or unresolvable. What the call did is unknown. */
export class ConnectionError extends SwitchyardError {
  override name = 'ConnectionError';
  readonly url: string;

  constructor(url: string, cause: unknown) {
    super(`No answer from ${url}: ${reasonOf(cause)}`, { cause });
    this.url = url;
  }
}

/** An answer that is not ours: a proxy's error page, or a body that is not the JSON it says it is. */
export class UnexpectedAnswerError extends SwitchyardError {
  override name = 'UnexpectedAnswerError';
  readonly status: number;

  constructor(status: number, excerpt: string) {
    super(`The answer (status ${status}) is not one of this API: ${excerpt}`);
    this.status = status;
  }
}

/**
 * The service refused, and says why. `code` is from the closed list; `errors` point into the request. Where a program may
 * want more than the code there is a class of its own (problems.ts).
 */
export class ProblemError extends SwitchyardError {
  override name = 'ProblemError';
  readonly problem: Problem;
  /** From the Retry-After header. */
  readonly retryAfterMs: number | null;

  constructor(problem: Problem, retryAfterMs: number | null = null) {
    super([problem.detail, ...(problem.errors ?? []).map((fault) => `  ${fault.pointer}: ${fault.detail}`)].join('\n'));
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }

  get code(): ErrorCode {
    return this.problem.code;
  }
  get status(): number {
    return this.problem.status;
  }
  get errors(): readonly Fault[] {
    return this.problem.errors ?? [];
  }
  /** What the same call may hope for when it is made again; a code newer than this client promises nothing. */
  get retry(): 'never' | 'later' | 'after_fix' {
    return Object.hasOwn(ERROR_CODES, this.code) ? ERROR_CODES[this.code].retry : 'never';
  }
}

/** fetch hides the reason (ECONNREFUSED and its like) in a chain of causes. */
function reasonOf(error: unknown): string {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  if (!(reason instanceof Error)) return String(reason);
  return reason.message || ('code' in reason ? String(reason.code) : reason.name);
}
