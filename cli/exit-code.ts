/** What the command's exit code says, and which error gets which. */
import { CommanderError } from 'commander';
import { ConnectionError, ProblemError } from '../client/errors.ts';
import { RunAbortedError } from '../client/run/errors.ts';

export const EXIT = {
  ok: 0,
  /** Items failed or were canceled, or something broke. */
  failed: 1,
  usage: 2,
  unreachable: 3,
  /** The service said no: the key, a limit, what the request says, or what state things are in. */
  refused: 4,
  not_found: 5,
  /** What was waited for has not ended in the time that it was given. */
  not_ended: 6,
  /** It was imported, and the list of what could not be says what to do. */
  incomplete: 7,
  /** 128 and the number of SIGINT, as shells have it. */
  interrupted: 130,
} as const;

/** The command line or a file that it names makes no sense; the message says what would. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** What the command line names is not there. */
export class MissingError extends Error {
  override name = 'MissingError';
}

/** A person ended the work; what was to be put in order has been. */
export class InterruptedError extends Error {
  override name = 'InterruptedError';
  constructor(message = 'Interrupted.') {
    super(message);
  }
}

/** For the help of the command. */
export const EXIT_CODES_HELP = `Exit codes:
  0    done
  1    items failed or were canceled, or something broke
  2    the command line, or a file that it names, makes no sense
  3    the service cannot be reached
  4    the service refused
  5    there is no such thing
  6    not ended in the time given to --wait
  7    imported, with something left out
  130  interrupted`;

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof MissingError) return EXIT.not_found;
  if (error instanceof ConnectionError) return EXIT.unreachable;
  if (error instanceof ProblemError && error.status < 500) return error.status === 404 ? EXIT.not_found : EXIT.refused;
  if (error instanceof InterruptedError || error instanceof RunAbortedError) return EXIT.interrupted;
  return EXIT.failed;
}
