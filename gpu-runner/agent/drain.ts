/**
 * Going away cleanly: claim nothing more, give back what has not started, let what runs finish within the grace
 * period, give the rest back, deliver every result, and leave the queue's list.
 */
import { type Clock, pause } from './clock.ts';
import type { DeviceProcess } from './device-process.ts';
import { EXIT } from './edge-error.ts';
import type { Exchange } from './exchange.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Log } from './log.ts';
import type { Work } from './work.ts';

/** What runs when a drain begins may finish within this time; then it is given back. */
export const GRACE_MS = 10_000;

/** And this long the last results may take to be delivered, through an edge that restarts at a bad moment. */
const DELIVERY_MS = 10_000;
/** Time for a few requests, where nothing worth waiting for depends on them. */
const SOON_MS = 1_000;

export interface DrainParts {
  work: Work;
  exchange: Exchange;
  heartbeat: Heartbeat;
  device: Pick<DeviceProcess, 'stop'>;
  clock: Clock;
  log: Log;
  graceMs: number;
  /** Aborted by whoever cannot wait for the grace period. */
  hurry: AbortSignal;
}

/** Resolves with the exit code. */
export async function drain({
  work,
  exchange,
  heartbeat,
  device,
  clock,
  log,
  graceMs,
  hurry,
}: DrainParts): Promise<number> {
  const until = (condition: () => boolean, ms: number, signal: AbortSignal) =>
    comesTrue(condition, work, clock, ms, signal);
  work.drain();
  heartbeat.soon();
  await until(() => work.isIdle, graceMs, hurry);
  if (!work.isIdle) device.stop('drained');
  const late = new AbortController();
  const limit = () => void clock.later(SOON_MS, () => late.abort());
  if (hurry.aborted) limit();
  else hurry.addEventListener('abort', limit, { once: true });
  await until(() => work.isSettled, DELIVERY_MS, late.signal);
  // A claim under way may still bring leases, which are given back at once; an edge that is away brings none.
  await until(() => work.isSettled && !exchange.isClaiming, SOON_MS, late.signal);
  if (!work.isSettled) {
    log.error({ entries: work.outbox.size }, 'stopping before every result was delivered');
    return EXIT.undelivered;
  }
  // Names nothing as held, which takes the runner off the queue's list.
  await Promise.race([heartbeat.beat(), pause(clock, SOON_MS)]);
  return EXIT.drained;
}

/** Whether `condition` holds within `ms`, and before `signal`; looks after every change of the work. */
async function comesTrue(
  condition: () => boolean,
  work: Work,
  clock: Clock,
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  const holds = new AbortController();
  const look = () => {
    if (condition()) holds.abort();
  };
  const stop = work.onChange(look);
  look();
  await pause(clock, ms, AbortSignal.any([holds.signal, signal]));
  stop();
  return condition();
}
