/** A queue's object as the Worker calls it, and what a refusal becomes. */

import type { RunnerView } from '../contract/queue/queue.ts';
import { type Env, queueStub } from './env.ts';
import type { OpenSockets } from './metrics-text.ts';
import { ProblemError } from './problem.ts';
import type { CommandInput, CommandName, CommandResult } from './queue/commands.ts';
import type { Call } from './queue/object.ts';
import type { ReadInput, ReadName, ReadResult } from './queue/reads.ts';
import type { Answer } from './queue/refusal.ts';

/** The object's methods as they are called from here. The platform's own type gives up on open-ended JSON values. */
export interface RemoteQueue {
  command<Name extends CommandName>(
    call: Call,
    name: Name,
    input: CommandInput<Name>,
  ): Promise<Answer<CommandResult<Name>>>;
  commandText(call: Call, name: 'claim' | 'callbacks', input: string): Promise<Answer<string>>;
  read<Name extends ReadName>(call: Call, name: Name, input: ReadInput<Name>): Promise<Answer<ReadResult<Name>>>;
  /** What a call under this Idempotency-Key was answered, as JSON. */
  runners(call: Call): Promise<RunnerView[]>;
  openSockets(call: Call): Promise<OpenSockets>;
  /** Closes every socket that the key opened. */
  closeKey(key_id: string): Promise<void>;
  /** Empties the object, unless the account has the queue. */
  destroy(queue_id: string): Promise<void>;
  fetch(request: Request): Promise<Response>;
}

export const remoteQueue = (env: Env, queue_id: string): RemoteQueue =>
  queueStub(env, queue_id) as unknown as RemoteQueue;

/** The value of an answer; a refusal is thrown and leaves as a problem document. */
export function unwrap<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value;
  const { code, detail, errors, type: _, title: __, status: ___, ...extra } = answer.problem;
  throw new ProblemError(code, detail, { ...(errors ? { errors } : {}), extra });
}
