/** How routes talk to a queue's object: who calls, and what a refusal becomes. */

import { type AppContext, queueStub } from '../env.ts';
import { ProblemError } from '../problem.ts';
import type { Call, QueueObject } from '../queue/object.ts';
import type { Answer } from '../queue/refusal.ts';

/** The queue of the path, which `endpoint` has checked. */
export const queueIdOf = (c: AppContext): string => c.req.param('queue_id') ?? '';

export const callOf = (c: AppContext): Call => ({ queue_id: queueIdOf(c), principal: c.var.principal });

/** The object's methods as they are called from here. The platform's own type gives up on open-ended JSON values. */
type RemoteQueue = {
  [Name in keyof QueueObject]: QueueObject[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};

export const queueOf = (c: AppContext): RemoteQueue => queueStub(c.env, queueIdOf(c)) as unknown as RemoteQueue;

/** The value of an answer; a refusal is thrown and leaves as a problem document. */
export function unwrap<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value;
  const { code, detail, errors, type: _, title: __, status: ___, ...extra } = answer.problem;
  throw new ProblemError(code, detail, { ...(errors ? { errors } : {}), extra });
}
