/**
 * The device's loop: takes the next task, runs its session, and goes on whatever happens. Sessions run one after the
 * other, in the order in which they were granted.
 */

import type { Grant } from '../../contract/runner/claim.ts';
import { Signal } from '../signal.ts';
import type { Breath } from './breath.ts';
import type { Hooks } from './hooks.ts';
import { processorError } from './item-error.ts';
import type { Reporter } from './reporter.ts';
import type { SessionRunner } from './session-runner.ts';
import { Task } from './task.ts';

export interface ProcessorParts {
  runner: Pick<SessionRunner, 'run'>;
  reporter: Reporter;
  breath: Breath;
  hooks: Hooks;
  /** Told what is worked on, before it is. */
  recordTicket: (ticket: number | null) => void;
}

export class Processor {
  readonly #parts: ProcessorParts;
  readonly #work = new Signal();
  readonly #queue: Task[] = [];
  #running: Task | null = null;

  constructor(parts: ProcessorParts) {
    this.#parts = parts;
  }

  accept(ticket: number, grant: Grant): void {
    this.#queue.push(new Task(ticket, grant));
    this.#work.notify();
  }

  cancel(ticket: number): void {
    const waiting = this.#take(ticket);
    if (waiting) this.#parts.reporter.entry(waiting, { kind: 'session_stopped' });
    else if (this.#running?.ticket === ticket) this.#running.interrupt('canceled');
  }

  /** A session that has started is kept: the queue learns of the start and lets it be. */
  recall(ticket: number, reason: string): void {
    const waiting = this.#take(ticket);
    if (waiting) this.#parts.reporter.entry(waiting, { kind: 'session_released', reason });
  }

  discard(ticket: number): void {
    const waiting = this.#take(ticket);
    if (waiting) this.#parts.reporter.ended(waiting);
    else if (this.#running?.ticket === ticket) this.#running.interrupt('discarded');
  }

  #take(ticket: number): Task | undefined {
    const index = this.#queue.findIndex((task) => task.ticket === ticket);
    return index === -1 ? undefined : this.#queue.splice(index, 1)[0];
  }

  async run(): Promise<never> {
    for (;;) {
      const task = this.#queue.shift();
      if (!task) {
        this.#parts.recordTicket(null);
        await this.#work.wait();
        continue;
      }
      this.#running = task;
      this.#parts.recordTicket(task.ticket);
      try {
        await this.#parts.runner.run(task);
      } catch (thrown) {
        await this.#failed(task, thrown);
      }
      this.#running = null;
      if (this.#parts.breath.isDue) await this.#parts.breath.take();
    }
  }

  /** Our own failure, not the node's: the item fails, the queue goes on. */
  async #failed(task: Task, thrown: unknown): Promise<void> {
    const { reporter, hooks } = this.#parts;
    const error = processorError(thrown);
    reporter.log('error', `${error.error_message}\n${error.error_traceback ?? ''}`, task.lease);
    // Whatever was recorded of it is recorded: 0 asks the queue for nothing.
    if (task.interruption === 'canceled') reporter.entry(task, { kind: 'session_stopped' });
    else reporter.entry(task, { kind: 'session_failed', results: 0, error });
    if (task.interruption === 'discarded') reporter.ended(task);
    try {
      await hooks.call('processor_error', { item: task.grant, error });
    } catch (second) {
      reporter.log('error', `a processor_error hook failed: ${processorError(second).error_message}`, task.lease);
    }
  }
}
