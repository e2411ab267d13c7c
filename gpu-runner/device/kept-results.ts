/**
 * What a device need not run: what its memory has of the same work, and what the queue brought with a grant. The law of
 * both is that a hit cannot be told from a run, but by being announced as cached (docs/decisions/0020).
 */
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import type { NodeOutput, PinnedGraph } from '../../contract/graph/graph.ts';
import type { RecordedResult } from '../../contract/runner/claim.ts';
import { takenResults } from '../../graph/cache/taken.ts';
import { preparedGraph } from '../../graph/session/prepared-graph.ts';
import type { Session } from '../../graph/session/session.ts';
import { CanceledError, type Node } from '../nodes/node.ts';
import type { DeviceAssets } from './assets.ts';
import { Effort } from './effort.ts';
import type { InvocationCache } from './invocation-cache.ts';
import { fieldsOf, InvocationNames } from './invocation-name.ts';
import { givenAgain, keptOutput } from './kept-output.ts';
import type { FoundOutput, GivenOutput, ResultSource, Work } from './result-source.ts';
import { brought } from './stored-values.ts';
import type { Task } from './task.ts';

/**
 * Seconds that a node took without any result in memory being worth it: naming its work takes some ten microseconds, and
 * there is only so much room. Live values are named however quick they come, as what follows from them is named by them.
 */
const MEMORY_SECONDS_MIN = 0.001;

/** How much of what a type took is left after a quicker run: a cold start must not count for ever. */
const TOOK_DECAY = 0.75;

export interface KeptResultsParts {
  memory: InvocationCache;
  assets: Pick<DeviceAssets, 'read' | 'written'>;
  catalogue: Catalogue;
}

interface TaskState {
  effort: Effort;
  /** What the queue brought, as it stands in its records, by invocation id. */
  offered: ReadonlyMap<string, NodeOutput>;
  /** Of the invocation that was asked for last. */
  name: string | undefined;
}

export class KeptResults implements ResultSource {
  readonly #parts: KeptResultsParts;
  readonly #names = new InvocationNames();
  readonly #tasks = new WeakMap<Task, TaskState>();
  /** Seconds by node type. */
  readonly #took = new Map<string, number>();

  constructor(parts: KeptResultsParts) {
    this.#parts = parts;
  }

  /** Tells a session that was opened what its grant brings for it. */
  async open(task: Task, graph: PinnedGraph, session: Pick<Session, 'offer'>): Promise<void> {
    const { results, cached = [], cache_scope } = task.grant;
    if (cache_scope === undefined) return;
    const prepared = preparedGraph(graph, this.#parts.catalogue);
    const offered = new Map(cached.map(({ invocation_id, result }) => [invocation_id, result]));
    this.#tasks.set(task, { effort: new Effort(prepared), offered, name: undefined });
    if (cached.length > 0) session.offer(takenResults(prepared, results, await this.#whole(task, cached)));
  }

  /** One whose values cannot be brought is run. */
  async #whole(task: Task, cached: readonly RecordedResult[]): Promise<RecordedResult[]> {
    const whole: RecordedResult[] = [];
    const read = (name: string) => task.orCanceled(this.#parts.assets.read(name, task.meter));
    for (const each of cached)
      try {
        whole.push(...(await brought([each], read)));
      } catch (thrown) {
        if (thrown instanceof CanceledError) throw thrown;
      }
    return whole;
  }

  recordOf(task: Task, invocation_id: string): NodeOutput | undefined {
    return this.#tasks.get(task)?.offered.get(invocation_id);
  }

  find(work: Work): FoundOutput | undefined {
    const { task, invocation, node } = work;
    const state = this.#tasks.get(task);
    if (state === undefined) return undefined;
    state.name = this.#isWorthNaming(node) ? this.#nameOf(work) : undefined;
    if (state.name === undefined || !invocation.node.use_cache) return undefined;
    const { memory } = this.#parts;
    const kept = invocation.recompute ? memory.peek(state.name) : memory.get(state.name);
    const output = kept && copied(() => givenAgain(kept));
    if (kept === undefined || output === undefined) return undefined;
    return { output, seconds: kept.seconds, assets: kept.assets };
  }

  #isWorthNaming({ definition }: Node): boolean {
    if (!definition.deterministic || !this.#parts.memory.isOpen) return false;
    if (fieldsOf(definition).liveOutputs.length > 0) return true;
    return (this.#took.get(definition.type) ?? MEMORY_SECONDS_MIN) >= MEMORY_SECONDS_MIN;
  }

  #nameOf({ task, invocation, node }: Work): string | undefined {
    const { cache_scope } = task.grant;
    return cache_scope === undefined ? undefined : this.#names.of(cache_scope, node.definition, invocation.inputs);
  }

  given(work: Work, { output, seconds, isFound }: GivenOutput): boolean {
    const { task, invocation, node } = work;
    const state = this.#tasks.get(task);
    if (state === undefined) return false;
    if (!isFound) this.#remember(work, state, { output, seconds });
    if (invocation.recompute || !invocation.node.use_cache) return false;
    return state.effort.isWorthKeeping(invocation, node.definition, seconds);
  }

  #remember(
    work: Work,
    state: TaskState,
    { output, seconds }: { output: Record<string, unknown>; seconds: number },
  ): void {
    const { invocation, node } = work;
    const { definition } = node;
    const before = this.#took.get(definition.type) ?? 0;
    this.#took.set(definition.type, Math.max(seconds, before * TOOK_DECAY));
    const isLive = fieldsOf(definition).liveOutputs.length > 0;
    if (!isLive && seconds < MEMORY_SECONDS_MIN) return;
    // Named before it ran: since then its inputs were the node's, to change as it liked.
    const { name } = state;
    if (name === undefined) return;
    if (isLive) this.#names.remember(name, definition, output);
    if (!invocation.node.use_cache) return;
    const { memory, assets } = this.#parts;
    const kept = copied(() =>
      keptOutput(definition, { inputs: invocation.inputs, output, seconds }, (asset) => assets.written(asset)),
    );
    if (kept !== undefined) memory.save(name, kept);
  }
}

/** Undefined where a value is nested too deep for a copy, or too long: a record bears more than an input does. */
function copied<Copy>(copy: () => Copy): Copy | undefined {
  try {
    return copy();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
