/** Waiting for an answer as an event stream waits for its service. */
import { mayRetry, retryDelayMs } from './retry.ts';
import { sleep } from './sleep.ts';

/** Makes a call that may be repeated until it is answered; ends with the signal, or a refusal that no waiting cures. */
export async function patiently<Answer>(call: () => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
  for (let failures = 0; ; failures++) {
    try {
      return await call();
    } catch (error) {
      signal?.throwIfAborted();
      if (!mayRetry(error, true)) throw error;
    }
    await sleep(retryDelayMs(failures, Math.random()), signal);
  }
}
