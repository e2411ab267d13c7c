/**
 * Runs one session as the origin shaped it: a plain loop, next → input error → invoke → record → complete. Whether the
 * item was canceled is asked before every node, and by nodes themselves at every step. The first error ends the
 * session; what was recorded stays.
 */

import type { NodeOutput } from '../../contract/graph/graph.ts';
import { SESSION_OUTPUT_BYTES_MAX, SESSION_STORED_BYTES_MAX } from '../../contract/limits.ts';
import type { ItemError } from '../../contract/queue/item.ts';
import { outputComplaint } from '../../graph/session/record.ts';
import type { Invocation, SessionStep } from '../../graph/session/step.ts';
import { CanceledError, type Node } from '../nodes/node.ts';
import { Context, type Services } from './context.ts';
import type { Hooks, Outcome } from './hooks.ts';
import { itemError, named } from './item-error.ts';
import { OutputError, stored, type Write } from './stored-values.ts';
import type { Task } from './task.ts';

/** The graph engine's session, as far as this loop drives it. */
export interface RunnableSession {
  next(): SessionStep;
  /** Answers what to record. */
  complete(invocation_id: string, output: Record<string, unknown>): NodeOutput;
}

export interface SessionRunnerParts {
  nodes: ReadonlyMap<string, Node>;
  /** Rebuilds the session of a task from its graph, its values and its recorded results. */
  open: (task: Task) => RunnableSession | Promise<RunnableSession>;
  services: Services;
  hooks: Hooks;
  device: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Milliseconds, monotonic. */
  stopwatch: () => number;
}

/** What is recorded of a session. */
interface Progress {
  results: number;
  /** Characters of JSON of all results. */
  length: number;
  /** Bytes of values that were kept as assets here. */
  stored: number;
}

type NodeEnd = { kind: 'done' } | { kind: 'failed'; error: ItemError } | { kind: 'canceled' };

export class SessionRunner {
  readonly #parts: SessionRunnerParts;

  constructor(parts: SessionRunnerParts) {
    this.#parts = parts;
  }

  /** Reports everything up to and including the last entry. What it throws is the processor's error. */
  async run(task: Task): Promise<void> {
    const { hooks, services, device, stopwatch } = this.#parts;
    const from = stopwatch();
    const item = task.grant;
    services.reporter.entry(task, { kind: 'session_started', device });
    const session = await this.#parts.open(task);
    await hooks.call('before_session', { item });
    const state = { results: item.results.length, length: lengthOf(item.results), stored: 0 };
    const { outcome, error } = await this.#loop(task, session, state);
    const seconds = (stopwatch() - from) / 1000;
    await hooks.call('after_session', { item, outcome, seconds });
    this.#report(task, outcome, error, state.results, seconds);
  }

  #report(task: Task, outcome: Outcome, error: ItemError | null, results: number, seconds: number): void {
    const { reporter } = this.#parts.services;
    if (outcome === 'completed') reporter.entry(task, { kind: 'session_complete', results }, seconds);
    else if (outcome === 'canceled') reporter.entry(task, { kind: 'session_stopped' });
    else if (error) reporter.entry(task, { kind: 'session_failed', results, error });
    if (task.interruption === 'discarded') reporter.ended(task);
  }

  async #loop(
    task: Task,
    session: RunnableSession,
    state: Progress,
  ): Promise<{ outcome: Outcome; error: ItemError | null }> {
    const { breath } = this.#parts.services;
    for (;;) {
      if (breath.isDue) await breath.take();
      if (task.interruption) return { outcome: task.interruption, error: null };
      const step = session.next();
      switch (step.kind) {
        case 'complete':
          return { outcome: 'completed', error: null };
        case 'failed':
          return { outcome: 'failed', error: named('NodeError', step.message) };
        case 'stalled': {
          const message = `Nothing is ready, and yet these have not run: ${step.blocked.join(', ')}.`;
          return { outcome: 'failed', error: named('ProcessorError', message) };
        }
        case 'input_error': {
          const error = named('NodeInputError', step.message);
          await this.#nodeError(task, { id: step.invocation_id, invocation: null }, error, this.#parts.now(), 0);
          state.results += 1;
          return { outcome: 'failed', error };
        }
        case 'invocation': {
          const end = await this.#runNode(task, session, step.invocation, state);
          if (end.kind === 'canceled') continue;
          if (!step.invocation.recompute) state.results += 1;
          if (end.kind === 'failed') return { outcome: 'failed', error: end.error };
        }
      }
    }
  }

  async #runNode(task: Task, session: RunnableSession, invocation: Invocation, state: Progress): Promise<NodeEnd> {
    const { hooks, services, now, stopwatch } = this.#parts;
    const { reporter } = services;
    const started = now();
    const from = stopwatch();
    const seconds = () => (stopwatch() - from) / 1000;
    try {
      const node = this.#parts.nodes.get(invocation.type);
      if (!node) throw new Error(`this runner has no node of type "${invocation.type}"`);
      if (!invocation.recompute)
        reporter.entry(task, { kind: 'invocation_started', invocation_id: invocation.id, at: iso(started) });
      await hooks.call('before_node', { item: task.grant, invocation });
      reporter.beforeNode(invocation.type);
      const output = await node.invoke(invocation.inputs, new Context(invocation.id, task, services));
      reporter.afterNode(invocation.type, stopwatch() - from);
      const write = (bytes: Uint8Array) => services.assets.write(task, bytes, 'application/json');
      const result = recordable({ session, node, state, write }, invocation, output);
      await hooks.call('after_node', { item: task.grant, invocation, output, seconds: seconds(), cached: false });
      if (!invocation.recompute)
        reporter.entry(task, {
          kind: 'invocation_complete',
          invocation_id: invocation.id,
          started_at: iso(started),
          completed_at: iso(now()),
          seconds: seconds(),
          result,
          cached: false,
        });
      return { kind: 'done' };
    } catch (thrown) {
      // Silent when it was canceled: no error is recorded. A node that says so by itself has failed.
      if (thrown instanceof CanceledError && task.isCanceled()) return { kind: 'canceled' };
      const error = itemError(thrown);
      await this.#nodeError(task, { id: invocation.id, invocation }, error, started, seconds());
      return { kind: 'failed', error };
    }
  }

  async #nodeError(
    task: Task,
    { id: invocation_id, invocation }: { id: string; invocation: Invocation | null },
    error: ItemError,
    started: number,
    seconds: number,
  ): Promise<void> {
    const { hooks, services, now } = this.#parts;
    services.reporter.entry(task, {
      kind: 'invocation_error',
      invocation_id,
      started_at: iso(started),
      completed_at: iso(now()),
      seconds,
      error,
    });
    services.reporter.log('warn', `${error.error_type}: ${error.error_message}`, task.lease, invocation_id);
    await hooks.call('node_error', { item: task.grant, invocation_id, invocation, error, seconds });
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();

const lengthOf = (results: Task['grant']['results']): number =>
  results.reduce((length, { result }) => length + JSON.stringify(result).length, 0);

/** Completes the invocation, or throws what the queue would refuse anyway, in words for the node's author. */
function recordable(
  { session, node, state, write }: { session: RunnableSession; node: Node; state: Progress; write: Write },
  { id, inputs, recompute }: Invocation,
  output: Record<string, unknown>,
): NodeOutput {
  const complaint = outputComplaint(node.definition, output);
  if (complaint !== undefined) throw new OutputError(complaint);
  const result = session.complete(id, output);
  if (recompute) return result;
  const recorded = stored(node.definition, result, inputs, (bytes) => {
    state.stored += bytes.length;
    if (state.stored > SESSION_STORED_BYTES_MAX)
      throw new OutputError(
        `With these outputs the session has more than ${SESSION_STORED_BYTES_MAX} bytes of values that are too large ` +
          'for a record; make shorter lists, or split the work into a batch of sessions.',
      );
    return write(bytes);
  });
  state.length += JSON.stringify(recorded).length;
  if (state.length > SESSION_OUTPUT_BYTES_MAX)
    throw new OutputError(
      `With these outputs the session has ${state.length} bytes of JSON, and ${SESSION_OUTPUT_BYTES_MAX} are allowed; ` +
        'write what is large as assets, or split the work into a batch of sessions.',
    );
  return recorded;
}
