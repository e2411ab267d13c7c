/**
 * Graphs of batches, kept by the agent: a queue sends a graph once, and every device child, also one that was started
 * again, gets it from here. @pure
 */
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import type { BatchGraph } from '../../contract/runner/claim.ts';

/** Nodes of all kept graphs together: about 10 MB; a larger graph is kept while it is in use. */
export const NODES_KEPT = 20_000;

/** Every claim names them all, and small graphs, each enqueued by itself, come by the thousand. */
export const GRAPHS_KEPT = 256;

export class BatchGraphs {
  /** The least recently granted first. */
  readonly #graphs = new Map<string, PinnedGraph>();

  get ids(): string[] {
    return [...this.#graphs.keys()];
  }

  get(batch_id: string): PinnedGraph | undefined {
    return this.#graphs.get(batch_id);
  }

  /**
   * Takes in what came with a claim's answer and forgets what is over the limit; returns what was forgotten. It is the
   * only moment for that: a claim under way has named what is here.
   */
  took(batches: readonly BatchGraph[], granted: Iterable<string>, inUse: ReadonlySet<string>): string[] {
    for (const { batch_id, graph } of batches) this.#graphs.set(batch_id, graph);
    for (const batch_id of granted) {
      const graph = this.#graphs.get(batch_id);
      if (!graph) continue;
      this.#graphs.delete(batch_id);
      this.#graphs.set(batch_id, graph);
    }
    let nodes = 0;
    for (const graph of this.#graphs.values()) nodes += graph.nodes.length;
    const forgotten: string[] = [];
    for (const [batch_id, graph] of this.#graphs) {
      if (nodes <= NODES_KEPT && this.#graphs.size <= GRAPHS_KEPT) break;
      if (inUse.has(batch_id)) continue;
      this.#graphs.delete(batch_id);
      nodes -= graph.nodes.length;
      forgotten.push(batch_id);
    }
    return forgotten;
  }
}
