/** A command that the queue refuses: thrown inside the transaction, so that nothing of it stays. */
import type { ErrorCode } from '../../contract/error/codes.ts';
import { type Fault, type Problem, problem } from '../../contract/error/problem.ts';

export class Refusal extends Error {
  override name = 'Refusal';
  readonly problem: Problem;

  constructor(code: ErrorCode, detail: string, options: { errors?: Fault[]; extra?: Record<string, unknown> } = {}) {
    super(detail);
    this.problem = problem(code, detail, options);
  }
}

/** What a call into the object answers: class instances do not survive the way, plain data does. */
export type Answer<T> = { ok: true; value: T } | { ok: false; problem: Problem };
