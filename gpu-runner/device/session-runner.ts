/**
 * Runs one session as the origin shaped it: a plain loop, next → input error → invoke → record → complete. Whether the
 * item was canceled is asked before every node, and by nodes themselves at every step. The first error ends the
 * session; what was recorded stays.
 */

import type { NodeOutput } from '../../contract/graph/graph.ts';
import type { ItemError } from '../../contract/queue/item.ts';
import type { SessionStep } from '../../graph/session/step.ts';
import { CanceledError, type Node } from '../nodes/node.ts';
import type { Services } from './context.ts';
import type { Hooks, Outcome } from './hooks.ts';
import { InvocationRunner } from './invocation-runner.ts';
import { named } from './item-error.ts';
import { recordedSize } from './recordable.ts';
import type { ResultSource } from './result-source.ts';
import type { Task } from './task.ts';

/** The graph engine's session, as far as this loop drives it. */
export interface RunnableSession {
  next(): SessionStep;
  /** Answers what to record. */
  complete(invocation_id: string, output: Record<string, unknown>): NodeOutput;
  /** The result that was offered with the step. */
  take(invocation_id: string): void;
}

export interface SessionRunnerParts {
  nodes: ReadonlyMap<string, Node>;
  /** Rebuilds the session of a task from its graph, its values and its recorded results. */
  open: (task: Task) => RunnableSession | Promise<RunnableSession>;
  services: Services;
  hooks: Hooks;
  /** Outputs of other times, when they are kept. */
  results?: ResultSource;
  device: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Milliseconds, monotonic. */
  stopwatch: () => number;
}

/** How a session came to its end; with the error when it failed. */
type End = { outcome: Exclude<Outcome, 'failed'> } | { outcome: 'failed'; error: ItemError };

export class SessionRunner {
  readonly #parts: SessionRunnerParts;
  readonly #invocations: InvocationRunner;

  constructor(parts: SessionRunnerParts) {
    this.#parts = parts;
    this.#invocations = new InvocationRunner(parts);
  }

  /** Reports everything up to and including the last entry. What it throws is the processor's error. */
  async run(task: Task): Promise<void> {
    const { hooks, services, device, stopwatch } = this.#parts;
    const from = stopwatch();
    const item = task.grant;
    services.reporter.entry(task, { kind: 'session_started', device });
    await hooks.call('before_session', { item });
    const end = await this.#end(task);
    const seconds = (stopwatch() - from) / 1000;
    try {
      await hooks.call('after_session', { item, outcome: end.outcome, seconds });
    } catch (thrown) {
      // What failed by itself keeps its own reason.
      if (end.outcome === 'failed') this.#report(task, end, seconds);
      throw thrown;
    }
    this.#report(task, end, seconds);
  }

  /** Canceled while it was brought back, it has ended like any other canceled one. */
  async #end(task: Task): Promise<End> {
    try {
      return await this.#loop(task, await this.#parts.open(task));
    } catch (thrown) {
      if (thrown instanceof CanceledError && task.interruption) return { outcome: task.interruption };
      throw thrown;
    }
  }

  #report(task: Task, end: End, seconds: number): void {
    const { reporter } = this.#parts.services;
    const { results } = task;
    if (end.outcome === 'completed') reporter.last(task, { kind: 'session_complete', results }, seconds);
    else if (end.outcome === 'failed') reporter.last(task, { kind: 'session_failed', results, error: end.error });
    else reporter.last(task, { kind: 'session_stopped' });
  }

  async #loop(task: Task, session: RunnableSession): Promise<End> {
    const { breath, recorder } = this.#parts.services;
    const size = recordedSize(task.grant.results);
    for (;;) {
      if (breath.isDue) await breath.take();
      if (task.interruption) return { outcome: task.interruption };
      recorder.goesOn(task.slot);
      const step = session.next();
      switch (step.kind) {
        case 'complete':
          return { outcome: 'completed' };
        case 'failed':
          return { outcome: 'failed', error: named('NodeError', step.message) };
        case 'stalled': {
          const message = `Nothing is ready, and yet these have not run: ${step.blocked.join(', ')}.`;
          return { outcome: 'failed', error: named('ProcessorError', message) };
        }
        case 'input_error':
          return { outcome: 'failed', error: await this.#invocations.refuse(task, step) };
        case 'invocation': {
          const end = await this.#invocations.run({ task, session, invocation: step.invocation, size });
          // The next turn of the loop sees why.
          if (end.kind === 'canceled') continue;
          if (end.kind === 'failed') return { outcome: 'failed', error: end.error };
        }
      }
    }
  }
}
