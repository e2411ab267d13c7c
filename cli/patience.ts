/** Calls in the middle of long work: a service that is away for a while is waited for. */
import { ConnectionError } from '../client/errors.ts';
import { retryDelayMs } from '../client/retry.ts';
import { sleep } from '../client/sleep.ts';

/** What the call answers, whenever that is; anything but a broken connection is thrown, and the signal's reason. */
export async function patiently<Result>(call: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      await sleep(retryDelayMs(attempt, Math.random()), signal);
    }
  }
}
