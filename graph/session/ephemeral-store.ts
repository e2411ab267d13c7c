/**
 * The live values of a session: latents, conditioning, tensors. They are kept only while something may still take them,
 * and after a resume their producers run again only for what is needed (D1).
 */
import type { NodeOutput } from '../../contract/graph/graph.ts';
import { own, put } from '../own.ts';
import type { PreparedGraph } from './prepared-graph.ts';

type Values = Readonly<Record<string, unknown>>;

export class EphemeralStore {
  readonly #graph: PreparedGraph;
  /** By node; undefined when it has none, has not run here, or nothing takes them any more. */
  readonly #values: (Values | undefined)[] = [];
  /** By node: inputs that still take a value of it. Undefined where the graph has no ephemeral edge at all. */
  readonly #uses: Int32Array | undefined;
  /** Producers to run again before what is ready can run; the last one is next. */
  readonly #recomputing: number[] = [];

  constructor(graph: PreparedGraph) {
    this.#graph = graph;
    this.#uses = graph.hasEphemeralEdges ? graph.ephemeralUses.slice() : undefined;
  }

  value(node: number, field: string): unknown {
    const values = this.#values[node];
    return values && own(values, field);
  }

  /** The node that has to run again before `index` can: itself when it is such a node whose own producers are there. */
  missingFor(index: number): number | undefined {
    if (this.#uses === undefined) return undefined;
    const stack = this.#recomputing;
    if (stack.length === 0) this.#pushMissing(index);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      // A producer that two consumers wait for is pushed twice.
      if (this.#values[top] !== undefined) stack.pop();
      else if (!this.#pushMissing(top)) return top;
    }
    return undefined;
  }

  /** Lowest node first to run, so last onto the stack. */
  #pushMissing(index: number): boolean {
    const inputs = this.#graph.nodes[index]?.inputs ?? [];
    const missing = inputs.flatMap(({ source }) =>
      source?.ephemeral && this.#values[source.node] === undefined ? [source.node] : [],
    );
    for (const node of [...new Set(missing)].sort((a, b) => b - a)) this.#recomputing.push(node);
    return missing.length > 0;
  }

  /** `index` ran, for the first time or again: keeps what is still taken, lets go of what it took. */
  completed(index: number, output: Values): void {
    this.#keep(index, output);
    this.#releaseSources(index);
  }

  /** `outputs` by node, undefined where it is still to run: counts who will take what again. */
  restored(outputs: readonly (NodeOutput | undefined)[]): void {
    if (this.#uses === undefined) return;
    const { nodes, topological } = this.#graph;
    // A recorded null is the value itself: where there is nothing else, nothing has to run again.
    outputs.forEach((output, index) => {
      const fields = nodes[index]?.ephemeralOutputs ?? [];
      if (output !== undefined && fields.every((field) => (own(output, field) ?? null) === null))
        this.#keep(index, output);
    });
    this.#uses.fill(0);
    for (let at = topological.length - 1; at >= 0; at--) {
      const index = topological[at] ?? -1;
      const isPending = outputs[index] === undefined;
      if (!isPending && (this.#uses[index] === 0 || this.#values[index] !== undefined)) continue;
      for (const { source } of nodes[index]?.inputs ?? [])
        if (source?.ephemeral) this.#uses[source.node] = (this.#uses[source.node] ?? 0) + 1;
    }
  }

  #keep(index: number, output: Values): void {
    if (!this.#uses?.[index]) return;
    const values: Record<string, unknown> = {};
    for (const field of this.#graph.nodes[index]?.ephemeralOutputs ?? []) put(values, field, own(output, field));
    this.#values[index] = values;
  }

  #releaseSources(index: number): void {
    if (this.#uses === undefined) return;
    for (const { source } of this.#graph.nodes[index]?.inputs ?? []) {
      if (!source?.ephemeral) continue;
      const left = (this.#uses[source.node] ?? 0) - 1;
      this.#uses[source.node] = left;
      if (left <= 0) this.#values[source.node] = undefined;
    }
  }
}
