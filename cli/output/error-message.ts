/** What went wrong, where, and what to do about it. @pure */
import type pc from 'picocolors';
import { ConnectionError, ProblemError } from '../../client/errors.ts';
import type { ErrorCode } from '../../contract/error/codes.ts';
import { duration } from './times.ts';

type Colors = ReturnType<typeof pc.createColors>;

/** What to do next, where the service's own sentence does not know the command line. */
const HINTS: Partial<Record<ErrorCode, string>> = {
  unauthenticated: 'Give a good key with --key or SWITCHYARD_KEY; `switchyard keys create` makes one.',
  forbidden:
    '`switchyard keys current` shows what this key may do; an admin makes others with `switchyard keys create`.',
  not_found:
    '`switchyard list` shows the items of the queue, `switchyard queues` the queues; --queue names another one.',
  queue_full: '`switchyard status` shows what waits; `switchyard queues set --set max_queue_size=…` makes more room.',
  rate_limited: 'Wait a moment and repeat it, or ask an admin for a key with a higher --rate-limit.',
  batch_exists: '`switchyard list --batch ID` shows what it enqueued; leave the id out to enqueue it once more.',
  upgrade_required: 'This command and the service are of different versions; install the one that it names.',
};

/** The lines to show on standard error. */
export function errorMessage(error: unknown, c: Colors): string[] {
  if (error instanceof ConnectionError)
    return [
      c.red(error.message),
      'Is it running? `switchyard up` starts a system here, --url and SWITCHYARD_URL name another.',
    ];
  if (error instanceof ProblemError) {
    const { problem, errors, retryAfterMs } = error;
    const wait = retryAfterMs === null ? [] : [`It may pass in ${duration(retryAfterMs / 1_000)}.`];
    const hint = HINTS[error.code];
    return [
      c.red(problem.detail),
      ...errors.map((fault) => `  ${c.bold(fault.pointer || '/')}  ${fault.detail}`),
      ...wait,
      ...(hint === undefined ? [] : [hint]),
    ];
  }
  return (error instanceof Error ? error.message : String(error)).split('\n').map((line) => c.red(line));
}
