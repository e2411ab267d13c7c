/** Time and chance, as an argument: what decides takes numbers, what waits takes one of these. */
import { setTimeout as after } from 'node:timers';

export interface Clock {
  now(): number;
  /** At least 0, below 1. */
  random(): number;
  /** Calls back after `ms`; the returned function calls it off. */
  later(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  later(ms, callback) {
    const timer = after(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`, or as soon as `signal` aborts. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.later(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
