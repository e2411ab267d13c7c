/** Ctrl-C, SIGTERM and SIGHUP as one signal that work can listen to. */
import { InterruptedError } from './exit-code.ts';
import { watchLauncher } from './launcher.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interrupt {
  /** Fires at the first interrupt: put things in order and end. */
  signal: AbortSignal;
  /** Fires at the second: end now. */
  urgent: AbortSignal;
}

export function listenForInterrupt(): Interrupt {
  const [first, second] = [new AbortController(), new AbortController()];
  const interrupted = () => {
    if (first.signal.aborted) second.abort(new InterruptedError());
    else first.abort(new InterruptedError());
  };
  for (const name of SIGNALS) process.on(name, interrupted);
  watchLauncher(() => first.abort(new InterruptedError()));
  return { signal: first.signal, urgent: second.signal };
}

/** Resolves when the signal fires. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
