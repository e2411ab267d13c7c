/**
 * One execution of a graph: a function of the pinned graph, the item's substitutions and the recorded results (D1).
 * It decides what runs next and with which inputs; running, recording and timing are the caller's.
 *
 *   const session = new Session(graph, values, catalogue);
 *   session.restore(recorded);
 *   for (let step = session.next(); step.kind === 'invocation'; step = session.next())
 *     session.complete(step.invocation.id, await run(step.invocation));
 *
 * Order (DESIGN §6): class by class, classes in the order in which they first became ready, then iteration path, then
 * node order. A step is repeated until it is completed or failed: a session runs one invocation at a time.
 */
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import type { GraphNode, NodeOutput, PinnedGraph } from '../../contract/graph/graph.ts';
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import type { RecordedResult } from '../../contract/runner/claim.ts';
import { own, put } from '../own.ts';
import { EphemeralStore } from './ephemeral-store.ts';
import { hydrate } from './hydrate.ts';
import { type PreparedGraph, type PreparedNode, type PreparedSource, preparedGraph } from './prepared-graph.ts';
import { ReadyQueue } from './ready-queue.ts';
import { recordOutput } from './record.ts';
import type { SessionStep } from './step.ts';
import { type SubstitutionsByNode, substitutionsByNode } from './substitution.ts';

/** Recorded results that this graph cannot have given: a defect, or another engine's record. */
export class ReplayError extends Error {
  override name = 'ReplayError';
}

export class Session {
  readonly #graph: PreparedGraph;
  readonly #substitutions: SubstitutionsByNode;
  readonly #ready = new ReadyQueue();
  /** By node: parents that have not completed. */
  readonly #waiting: Int32Array;
  /** By node: its recorded output, once it completed. */
  readonly #outputs: (NodeOutput | undefined)[];
  readonly #live: EphemeralStore;
  readonly #results = new Map<string, NodeOutput>();
  readonly #executed = new Set<string>();
  readonly #history: string[] = [];
  readonly #errors = new Map<string, string>();
  /** What `next` answered and nobody has answered to yet, and the node that it is about. */
  #current: { index: number; step: SessionStep } | undefined;

  /** The preparation of `graph` is kept with that object: hand every session of a batch the same one. */
  constructor(graph: PinnedGraph, values: readonly NodeFieldValue[], catalogue: Catalogue) {
    this.#graph = preparedGraph(graph, catalogue);
    this.#substitutions = substitutionsByNode(this.#graph, values);
    this.#waiting = this.#graph.parentCounts.slice();
    this.#outputs = new Array(this.#graph.nodes.length);
    this.#live = new EphemeralStore(this.#graph);
    this.#waiting.forEach((count, index) => void (count === 0 && this.#release(index)));
  }

  /** Results by invocation id, in order of completion; ephemeral outputs are marks. */
  get results(): ReadonlyMap<string, NodeOutput> {
    return this.#results;
  }

  /** Source ids whose every invocation has completed. */
  get executed(): ReadonlySet<string> {
    return this.#executed;
  }

  /** Source ids in order of completion. */
  get history(): readonly string[] {
    return this.#history;
  }

  /** Messages by invocation id. */
  get errors(): ReadonlyMap<string, string> {
    return this.#errors;
  }

  /** Every invocation has completed, and none failed. */
  get isComplete(): boolean {
    return this.#errors.size === 0 && this.#executed.size === this.#graph.nodes.length;
  }

  /** How many results were recorded, restored ones included. */
  get resultCount(): number {
    return this.#results.size;
  }

  next(): SessionStep {
    if (this.#current !== undefined) return this.#current.step;
    for (const [invocation_id, message] of this.#errors) return { kind: 'failed', invocation_id, message };
    const index = this.#ready.peek();
    if (index === undefined)
      return this.isComplete ? { kind: 'complete' } : { kind: 'stalled', blocked: this.#blocked() };
    const missing = this.#live.missingFor(index);
    this.#current = { index: missing ?? index, step: this.#step(missing ?? index, missing !== undefined) };
    return this.#current.step;
  }

  /**
   * The current invocation returned `output`: one live value for each output field. Answers what to record, or for a
   * recomputed invocation what was recorded before. Throws when `id` is not the current invocation.
   */
  complete(id: string, output: Readonly<Record<string, unknown>>): NodeOutput {
    const { index, step } = this.#take(id);
    if (step.kind !== 'invocation') throw new Error(`${id} got no inputs, so it cannot have completed`);
    const node = this.#node(index);
    const recorded = this.#outputs[index] ?? recordOutput(node.nodeType, output);
    if (step.invocation.recompute) this.#live.completed(index, output);
    else this.#finish(index, recorded, output);
    return recorded;
  }

  /** The current invocation failed, and the session with it. Throws when `id` is not the current invocation. */
  fail(id: string, message: string): void {
    this.#take(id);
    this.#errors.set(id, message);
  }

  /**
   * Replays what earlier leases recorded, in its order; call it before the first `next`. Throws ReplayError when a
   * result names no invocation that was ready at its place.
   */
  restore(results: readonly RecordedResult[]): void {
    if (this.#current !== undefined) throw new Error('restore comes before the first step');
    for (const { invocation_id, result } of results) {
      const index = this.#graph.indexOf.get(invocation_id);
      if (index === undefined) throw new ReplayError(`the graph has no invocation "${invocation_id}"`);
      if (this.#outputs[index] !== undefined) throw new ReplayError(`"${invocation_id}" was recorded twice`);
      if (this.#waiting[index] !== 0) throw new ReplayError(`"${invocation_id}" was recorded before what it waits for`);
      this.#finish(index, result, undefined);
    }
    this.#live.restored(this.#outputs);
  }

  #step(index: number, recompute: boolean): SessionStep {
    const { id, node } = this.#node(index);
    const substitutions = this.#substitutions?.get(index);
    const hydration = hydrate(this.#node(index), substitutions, (source) => this.#read(source));
    if (!hydration.ok)
      return {
        kind: 'input_error',
        invocation_id: id,
        source_id: id,
        field: hydration.field,
        message: hydration.message,
      };
    const submitted: GraphNode = substitutions === undefined ? node : { ...node };
    for (const [field, value] of substitutions ?? []) put(submitted, field, value);
    return {
      kind: 'invocation',
      invocation: { id, source_id: id, type: node.type, node: submitted, inputs: hydration.inputs, recompute },
    };
  }

  #read({ node, field, ephemeral }: PreparedSource): unknown {
    if (ephemeral) return this.#live.value(node, field);
    const output = this.#outputs[node];
    return output && own(output, field);
  }

  #take(id: string): { index: number; step: SessionStep } {
    const current = this.#current;
    if (current === undefined || this.#node(current.index).id !== id)
      throw new Error(`"${id}" is not the invocation that next() answered`);
    this.#current = undefined;
    return current;
  }

  #finish(index: number, recorded: NodeOutput, live: Readonly<Record<string, unknown>> | undefined): void {
    const { id, classIndex, children } = this.#node(index);
    if (!this.#ready.take(index, classIndex)) throw new Error(`"${id}" was not ready`);
    this.#outputs[index] = recorded;
    this.#results.set(id, recorded);
    this.#executed.add(id);
    this.#history.push(id);
    if (live !== undefined) this.#live.completed(index, live);
    for (const child of children) {
      const count = (this.#waiting[child] ?? 0) - 1;
      this.#waiting[child] = count;
      if (count === 0) this.#release(child);
    }
  }

  #release(index: number): void {
    this.#ready.add(index, this.#node(index).classIndex);
  }

  #blocked(): string[] {
    return this.#graph.nodes.filter((_, index) => this.#outputs[index] === undefined).map(({ id }) => id);
  }

  #node(index: number): PreparedNode {
    const node = this.#graph.nodes[index];
    if (node === undefined) throw new Error(`the graph has no node ${index}`);
    return node;
  }
}
