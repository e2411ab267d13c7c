/** How routes talk to the object of the queue of their path. */

import type { AppContext } from '../env.ts';
import type { CommandInput, CommandName, CommandResult } from '../queue/commands.ts';
import type { Call } from '../queue/object.ts';
import type { ReadInput, ReadName, ReadResult } from '../queue/reads.ts';
import { type RemoteQueue, remoteQueue, unwrap } from '../remote-queue.ts';

/** The queue of the path, which `endpoint` has checked. */
export const queueIdOf = (c: AppContext): string => c.req.param('queue_id') ?? '';

export const callOf = (c: AppContext): Call => ({
  queue_id: queueIdOf(c),
  version: c.var.queue_version,
  principal: c.var.principal,
});

export const queueOf = (c: AppContext): RemoteQueue => remoteQueue(c.env, queueIdOf(c));

/** Runs a command of the queue of the path; a refusal is thrown and leaves as a problem document. */
export const command = async <Name extends CommandName>(
  c: AppContext,
  name: Name,
  input: CommandInput<Name>,
): Promise<CommandResult<Name>> => unwrap(await queueOf(c).command(callOf(c), name, input));

/** Reads from the queue of the path. */
export const read = async <Name extends ReadName>(
  c: AppContext,
  name: Name,
  input: ReadInput<Name>,
): Promise<ReadResult<Name>> => unwrap(await queueOf(c).read(callOf(c), name, input));
