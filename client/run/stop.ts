/** The caller's signal and a time limit as one signal. */

export interface Stop {
  readonly signal: AbortSignal;
  /** Resolves when the signal fires. */
  readonly fired: Promise<void>;
  /** It was the time limit. */
  readonly timedOut: boolean;
  /** Forgets the caller's signal and the time limit, which may outlast what they were for. */
  end(): void;
}

/** Timers hold no more: a longer limit is none. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export function stopOf({
  signal: given,
  timeout_ms,
}: {
  signal?: AbortSignal | undefined;
  timeout_ms?: number | undefined;
}): Stop {
  const controller = new AbortController();
  let timedOut = false;
  const abort = () => controller.abort(given?.reason);
  if (given?.aborted) abort();
  else given?.addEventListener('abort', abort, { once: true });
  const isLimited = timeout_ms !== undefined && timeout_ms <= TIMER_MS_MAX;
  const timer = isLimited
    ? setTimeout(() => {
        timedOut = !controller.signal.aborted;
        controller.abort(new DOMException('The time is over.', 'TimeoutError'));
      }, timeout_ms)
    : undefined;
  const { signal } = controller;
  return {
    signal,
    fired: new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    }),
    get timedOut() {
      return timedOut;
    },
    end() {
      given?.removeEventListener('abort', abort);
      clearTimeout(timer);
    },
  };
}
