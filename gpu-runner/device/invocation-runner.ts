/** Runs one invocation of a session: hooks, the node or what it gave at another time, the record, or the error. */
import type { NodeOutput } from '../../contract/graph/graph.ts';
import type { ItemError } from '../../contract/queue/item.ts';
import type { InputErrorStep, Invocation } from '../../graph/session/step.ts';
import { CanceledError, type Node } from '../nodes/node.ts';
import { Context } from './context.ts';
import { itemError, named } from './item-error.ts';
import { type RecordedSize, recordable } from './recordable.ts';
import type { RunnableSession, SessionRunnerParts } from './session-runner.ts';
import type { Task } from './task.ts';
import { Timestamps } from './timestamps.ts';

export type InvocationEnd = { kind: 'done' } | { kind: 'failed'; error: ItemError } | { kind: 'canceled' };

interface Running {
  task: Task;
  session: RunnableSession;
  invocation: Invocation;
  /** Of the session; what this invocation records is added. */
  size: RecordedSize;
}

interface Given {
  output: Record<string, unknown>;
  result: NodeOutput;
  cached: boolean;
  /** The queue should keep the record for other sessions. */
  keep: boolean;
}

export class InvocationRunner {
  readonly #parts: SessionRunnerParts;
  readonly #times = new Timestamps();

  constructor(parts: SessionRunnerParts) {
    this.#parts = parts;
  }

  async run(running: Running): Promise<InvocationEnd> {
    const { hooks, services, now, stopwatch } = this.#parts;
    const { task, invocation } = running;
    const { reporter, recorder } = services;
    const item = task.grant;
    const started = now();
    const from = stopwatch();
    const seconds = () => (stopwatch() - from) / 1000;
    try {
      const node = this.#parts.nodes.get(invocation.type);
      if (!node) throw new Error(`this runner has no node of type "${invocation.type}"`);
      recorder.works(task.slot, task.ticket, invocation.id);
      if (!invocation.recompute)
        reporter.entry(task, { kind: 'invocation_started', invocation_id: invocation.id, at: this.#times.of(started) });
      await hooks.call('before_node', { item, invocation });
      const { output, result, cached, keep } = await this.#output(running, node);
      await hooks.call('after_node', { item, invocation, output, seconds: seconds(), cached });
      if (!invocation.recompute)
        reporter.entry(task, {
          kind: 'invocation_complete',
          invocation_id: invocation.id,
          started_at: this.#times.of(started),
          completed_at: this.#times.of(now()),
          seconds: seconds(),
          result,
          cached,
          ...(keep ? { keep } : {}),
        });
      return { kind: 'done' };
    } catch (thrown) {
      // Silent when it was canceled: no error is recorded. A node that says so by itself has failed.
      if (thrown instanceof CanceledError && task.isCanceled()) return { kind: 'canceled' };
      const error = itemError(thrown);
      await this.#failed(task, { invocation_id: invocation.id, invocation, error, started, seconds: seconds() });
      return { kind: 'failed', error };
    }
  }

  /** What the invocation gives, from its node or from another time; recorded alike. */
  async #output(running: Running, node: Node): Promise<Given> {
    const { task, session, invocation, size } = running;
    if (invocation.offered !== undefined) return this.#taken(running, invocation.offered);
    const { services, results, stopwatch } = this.#parts;
    const work = { task, invocation, node };
    const found = results?.find(work);
    // As fast as they go up, and no faster: of hits there may be thousands a second.
    for (const asset of found?.assets ?? [])
      await task.orCanceled(services.room.enter(task, () => services.assets.again(task, asset)));
    const from = stopwatch();
    const output = found?.output ?? (await this.#call(work));
    const seconds = found?.seconds ?? (stopwatch() - from) / 1000;
    const write = (bytes: Uint8Array) => services.assets.write(task, bytes, 'application/json');
    const result = recordable({ session, node, size, write }, invocation, output);
    const isFound = found !== undefined;
    const keep = results?.given(work, { output, seconds, isFound }) ?? false;
    return { output, result, cached: isFound, keep };
  }

  /** Recorded by another session: told as that recorded it, values that it stored included. */
  #taken({ task, session, invocation, size }: Running, offered: NodeOutput): Given {
    const result = this.#parts.results?.recordOf(task, invocation.id) ?? offered;
    size.length += JSON.stringify(result).length;
    session.take(invocation.id);
    return { output: offered, result, cached: true, keep: true };
  }

  async #call({ task, invocation, node }: { task: Task; invocation: Invocation; node: Node }) {
    const { services, stopwatch } = this.#parts;
    const { reporter, recorder } = services;
    recorder.goesOn(task.slot);
    reporter.beforeNode(invocation.type);
    const from = stopwatch();
    const context = new Context(invocation.id, task, services);
    try {
      const output = await node.invoke(invocation.inputs, context);
      reporter.afterNode(invocation.type, stopwatch() - from);
      recorder.goesOn(task.slot);
      return output;
    } finally {
      context.end();
    }
  }

  /** Its inputs could not be prepared: the error to end the session with. */
  async refuse(task: Task, { invocation_id, message }: InputErrorStep): Promise<ItemError> {
    const error = named('NodeInputError', message);
    await this.#failed(task, { invocation_id, invocation: null, error, started: this.#parts.now(), seconds: 0 });
    return error;
  }

  async #failed(
    task: Task,
    failure: {
      invocation_id: string;
      invocation: Invocation | null;
      error: ItemError;
      /** Milliseconds since 1970. */
      started: number;
      seconds: number;
    },
  ): Promise<void> {
    const { hooks, services, now } = this.#parts;
    const { started, ...told } = failure;
    const { invocation_id, invocation, error, seconds } = told;
    // What runs again has its record already, and it stays: then the session's last entry alone tells the error.
    if (!invocation?.recompute)
      services.reporter.entry(task, {
        kind: 'invocation_error',
        invocation_id,
        started_at: this.#times.of(started),
        completed_at: this.#times.of(now()),
        seconds,
        error,
      });
    services.reporter.log('warn', `${error.error_type}: ${error.error_message}`, task, invocation_id);
    await hooks.call('node_error', { item: task.grant, ...told });
  }
}
