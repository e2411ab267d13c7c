/** Refusals as classes: what a program tells apart, and the members of the document that it may want. */
import type { ErrorCode } from '../contract/error/codes.ts';
import type { Fault, Problem } from '../contract/error/problem.ts';
import { ProblemError } from './errors.ts';

/** The request cannot be taken as it is; every fault that was found has a JSON Pointer into the body, or a `?name`. */
export class ValidationError extends ProblemError {
  override name = 'ValidationError';

  /** The faults at a place and below it: `/batch/graph/nodes/n1`. */
  below(pointer: string): Fault[] {
    return this.errors.filter((fault) => fault.pointer === pointer || fault.pointer.startsWith(`${pointer}/`));
  }
}

/** No key, or one that has ended. */
export class AuthenticationError extends ProblemError {
  override name = 'AuthenticationError';
}

/** The key is good, but not for this. */
export class ForbiddenError extends ProblemError {
  override name = 'ForbiddenError';
}

/** There is no such thing, or none that the key may know of. */
export class NotFoundError extends ProblemError {
  override name = 'NotFoundError';
}

/** What is asked does not fit what is there: an id that was used, a state that does not allow it. */
export class ConflictError extends ProblemError {
  override name = 'ConflictError';
}

/** A page's cursor has outlived what it points to: begin the list anew. */
export class CursorExpiredError extends ProblemError {
  override name = 'CursorExpiredError';
}

/** The body is over the limit. */
export class TooLargeError extends ProblemError {
  override name = 'TooLargeError';

  /** Bytes that it may have; null where the service names none. */
  get limit(): number | null {
    return numberOf(this.problem, 'limit');
  }
}

/** The batch was refused whole. `allow_partial` takes what fits. */
export class QueueFullError extends ProblemError {
  override name = 'QueueFullError';

  /** Items of the caller that the queue would take now. */
  get room(): number | null {
    return numberOf(this.problem, 'room');
  }
  get requested(): number | null {
    return numberOf(this.problem, 'requested');
  }
}

/** Too many calls with this key; `retryAfterMs` says when the next may pass. */
export class RateLimitedError extends ProblemError {
  override name = 'RateLimitedError';
}

/** The service and this client speak different protocols. */
export class UpgradeRequiredError extends ProblemError {
  override name = 'UpgradeRequiredError';

  /** What the service speaks. */
  get protocol(): number | null {
    return numberOf(this.problem, 'protocol');
  }
}

/** The service is broken, cannot answer now, or has no room: nothing is wrong with the call. */
export class ServiceError extends ProblemError {
  override name = 'ServiceError';
}

type ProblemClass = new (problem: Problem, retryAfterMs: number | null) => ProblemError;

/** The one table from codes to classes. */
export const PROBLEM_CLASSES = {
  malformed_json: ProblemError,
  bad_request: ProblemError,
  unauthenticated: AuthenticationError,
  forbidden: ForbiddenError,
  not_found: NotFoundError,
  method_not_allowed: ProblemError,
  batch_exists: ConflictError,
  queue_exists: ConflictError,
  conflict: ConflictError,
  idempotency_in_progress: ConflictError,
  cursor_expired: CursorExpiredError,
  length_required: ProblemError,
  body_too_large: TooLargeError,
  unsupported_media_type: ProblemError,
  range_not_satisfiable: ProblemError,
  validation_failed: ValidationError,
  idempotency_key_reused: ConflictError,
  digest_mismatch: ProblemError,
  model_incomplete: ConflictError,
  upgrade_required: UpgradeRequiredError,
  queue_full: QueueFullError,
  rate_limited: RateLimitedError,
  internal: ServiceError,
  unavailable: ServiceError,
  storage_full: ServiceError,
} as const satisfies Record<ErrorCode, ProblemClass>;

/** A code that is newer than this client is a ProblemError without a class of its own. */
export function problemError(problem: Problem, retryAfterMs: number | null = null): ProblemError {
  const known: Partial<Record<string, ProblemClass>> = PROBLEM_CLASSES;
  const Class = Object.hasOwn(known, problem.code) ? known[problem.code] : undefined;
  return new (Class ?? ProblemError)(problem, retryAfterMs);
}

/** The document in an answer's text; null when it holds none. Codes are not checked: a newer service may have more. */
export function readProblem(text: string): Problem | null {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof found !== 'object' || found === null) return null;
  const { errors, ...members } = found as Record<string, unknown>;
  const { code, detail, status } = members;
  if (typeof code !== 'string' || typeof detail !== 'string' || typeof status !== 'number') return null;
  return { ...members, ...(Array.isArray(errors) ? { errors: errors.filter(isFault) } : {}) } as Problem;
}

const isFault = (fault: unknown): fault is Fault =>
  typeof fault === 'object' && fault !== null && 'pointer' in fault && typeof fault.pointer === 'string';

function numberOf(problem: Problem, member: string): number | null {
  const value = problem[member];
  return typeof value === 'number' ? value : null;
}
