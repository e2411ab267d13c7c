/**
 * The device's loops, one for each session that may run at a time: take the next task, skip it when it is over already,
 * run its session, and go on whatever happens. Sessions start in the order in which they were granted, and share the
 * thread by turns: one goes on where another waits, takes a breath, or asks whether it was canceled.
 */

import type { Grant } from '../../contract/runner/claim.ts';
import type { Breath } from './breath.ts';
import type { FlightRecorder } from './flight-recorder.ts';
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
  recorder: Pick<FlightRecorder, 'works' | 'rests'>;
  /** At a time. */
  sessions: number;
}

export class Processor {
  readonly #parts: ProcessorParts;
  /** What has come and not been taken by a loop, over or not. */
  readonly #queue: Task[] = [];
  /** By ticket. */
  readonly #tasks = new Map<number, Task>();
  /** Loops with nothing to do. */
  readonly #idle: (() => void)[] = [];

  constructor(parts: ProcessorParts) {
    this.#parts = parts;
  }

  /** All that is not over, those that run and those that wait. */
  get tasks(): Iterable<Task> {
    return this.#tasks.values();
  }

  accept(ticket: number, grant: Grant): void {
    const task = new Task(ticket, grant);
    this.#tasks.set(ticket, task);
    this.#queue.push(task);
    this.#idle.shift()?.();
  }

  cancel(ticket: number): void {
    const task = this.#tasks.get(ticket);
    task?.interrupt('canceled');
    if (task && !task.isStarted) this.#skip(task, () => this.#parts.reporter.entry(task, { kind: 'session_stopped' }));
  }

  /** A session that has started is kept: the queue learns of the start and lets it be. */
  recall(ticket: number, reason: string): void {
    const task = this.#tasks.get(ticket);
    if (task && !task.isStarted)
      this.#skip(task, () => this.#parts.reporter.entry(task, { kind: 'session_released', reason }));
  }

  discard(ticket: number): void {
    const task = this.#tasks.get(ticket);
    task?.interrupt('discarded');
    if (task && !task.isStarted) this.#skip(task, () => this.#parts.reporter.ended(task));
  }

  /** What is over before its turn is said at once; the loop passes over it. */
  #skip(task: Task, say: () => void): void {
    this.#tasks.delete(task.ticket);
    say();
  }

  async run(): Promise<never> {
    const loops = Array.from({ length: this.#parts.sessions }, (_, slot) => this.#loop(slot));
    return Promise.race(loops);
  }

  async #loop(slot: number): Promise<never> {
    const { recorder, breath } = this.#parts;
    for (;;) {
      const task = this.#queue.shift();
      if (!task) {
        recorder.rests(slot);
        await new Promise<void>((resolve) => this.#idle.push(resolve));
        continue;
      }
      if (task.isOver) continue;
      task.slot = slot;
      recorder.works(slot, task.ticket, null);
      await this.#process(task);
      this.#tasks.delete(task.ticket);
      if (breath.isDue) await breath.take();
    }
  }

  /** Whatever happens, the item has ended then. */
  async #process(task: Task): Promise<void> {
    const { runner, hooks } = this.#parts;
    try {
      await runner.run(task);
      if (!task.isOver) throw new Error('the session ended without a word of how');
    } catch (thrown) {
      await this.failed(thrown, task);
    }
    try {
      await hooks.call('session_over', { item: task.grant });
    } catch (thrown) {
      await this.failed(thrown, task);
    }
  }

  /** Our own failure, not the node's: the item, if it is about one, fails unless it has ended; the queue goes on. */
  async failed(thrown: unknown, task?: Task): Promise<void> {
    const { reporter, hooks } = this.#parts;
    const error = processorError(thrown);
    reporter.log('error', `${error.error_message}\n${error.error_traceback ?? ''}`, task);
    if (task) reporter.last(task, { kind: 'session_failed', results: task.results, error });
    try {
      await hooks.call('processor_error', { item: task?.grant ?? null, error });
    } catch (second) {
      reporter.log('error', `a processor_error hook failed: ${processorError(second).error_message}`, task);
    }
  }
}
