/** What the command's exit code says, and which error gets which. */
import { CommanderError } from 'commander';
import { ConnectionError } from '../client/errors.ts';
import { RunAbortedError } from '../client/run/errors.ts';

export const EXIT = {
  ok: 0,
  /** Items failed, the service refused, or something broke. */
  failed: 1,
  usage: 2,
  unreachable: 3,
  /** 128 and the number of SIGINT, as shells have it. */
  interrupted: 130,
} as const;

/** The command line or a file that it names makes no sense; the message says what would. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** A person ended the work; what was to be put in order has been. */
export class InterruptedError extends Error {
  override name = 'InterruptedError';
  constructor() {
    super('Interrupted.');
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof ConnectionError) return EXIT.unreachable;
  if (error instanceof InterruptedError || error instanceof RunAbortedError) return EXIT.interrupted;
  return EXIT.failed;
}
