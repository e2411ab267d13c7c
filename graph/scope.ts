/**
 * The iterations around each node: its *scope*, a list of iterate nodes (dimensions) in topological order. An invocation
 * has one index for each dimension of its node's scope. Worked out from the graph's shape alone, by node index.
 */
import { ITERATION_DEPTH_MAX } from '../contract/limits.ts';
import type { ControlKind } from './control.ts';

/** An edge between nodes, by their indexes; `field` is the input that it leads to. */
export interface ScopeEdge {
  from: number;
  to: number;
  field: string;
}

export interface Scopes {
  /**
   * Node indexes, parents before children (Kahn's algorithm, first in first out): nodes without parents in submitted
   * order, the children of a node in submitted order. Nodes in a circle, and those behind one, are not in it.
   */
  topological: number[];
  /**
   * By node: the indexes of its dimensions, topological order. Empty for nodes in a circle. Arrays may be shared: leave
   * them as they are. One of more than ITERATION_DEPTH_MAX dimensions is too deep; it is cut after the first that is
   * too many, so that the cost stays linear, and what is behind such a node means nothing.
   */
  scopes: (readonly number[])[];
}

const NONE: readonly number[] = [];

/** Linear in nodes and edges. Parallel edges are welcome. */
export function scopesOf(
  nodes: readonly { control?: ControlKind | undefined }[],
  parents: readonly ScopeEdge[],
): Scopes {
  const entering: ScopeEdge[][] = nodes.map(() => []);
  for (const edge of parents) entering[edge.to]?.push(edge);
  const topological = sorted(entering);
  const rank = new Int32Array(nodes.length);
  const scopes = nodes.map(() => NONE);
  topological.forEach((index, place) => {
    rank[index] = place;
    const control = nodes[index]?.control;
    let scope = NONE;
    for (const { from, field } of entering[index] ?? []) {
      const brought = scopes[from] ?? NONE;
      scope = union(scope, control === 'collect' && field === 'item' ? brought.slice(0, -1) : brought, rank);
    }
    scopes[index] = control === 'iterate' && scope.length <= ITERATION_DEPTH_MAX ? [...scope, index] : scope;
  });
  return { topological, scopes };
}

function sorted(entering: readonly (readonly ScopeEdge[])[]): number[] {
  const children: number[][] = entering.map(() => []);
  const waiting = entering.map((edges, to) => {
    const distinct = new Set(edges.map(({ from }) => from));
    for (const from of distinct) children[from]?.push(to);
    return distinct.size;
  });
  const order = [...waiting.keys()].filter((index) => waiting[index] === 0);
  for (let at = 0; at < order.length; at++)
    for (const child of children[order[at] ?? -1] ?? []) {
      waiting[child] = (waiting[child] ?? 0) - 1;
      if (waiting[child] === 0) order.push(child);
    }
  return order;
}

/** Merges two lists that are sorted by `rank`; one of them itself where it has all of the other. */
function union(a: readonly number[], b: readonly number[], rank: Int32Array): readonly number[] {
  if (a === b || b.length === 0) return a;
  if (a.length === 0) return b;
  const merged: number[] = [];
  let [i, j] = [0, 0];
  while ((i < a.length || j < b.length) && merged.length <= ITERATION_DEPTH_MAX) {
    const [left, right] = [a[i], b[j]];
    if (right === undefined || (left !== undefined && (rank[left] ?? 0) <= (rank[right] ?? 0))) {
      merged.push(left ?? -1);
      i++;
      if (left === right) j++;
    } else {
      merged.push(right);
      j++;
    }
  }
  if (merged.length === a.length) return a;
  return merged.length === b.length ? b : merged;
}
