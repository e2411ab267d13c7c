/**
 * What only a branch of an `if` needs, and so must not run before that branch is chosen: nodes all of whose ways lead
 * into that one input. An iterate node whose iterations reach the `if` itself is not among them, nor what leads to it:
 * how often the `if` runs depends on it.
 *
 * The branches that a node leads into lie inside each other, so each node has an innermost one and follows that; it is a
 * post-dominator of the graph whose ends are the inputs of `if` nodes (compare Cooper, Harvey, Kennedy, "A simple, fast
 * dominance algorithm", 2001). Cost: edges × how deep `if` nodes are nested.
 */
import type { ControlKind } from '../control.ts';
import type { ScopeEdge } from '../scope.ts';

export const BRANCHES = ['true_input', 'false_input'] as const;
export type Branch = 0 | 1;

/** A node runs only when a copy of the `if` node `owner` chose that branch, of those copies that agree with it. */
export interface Hold {
  owner: number;
  branch: Branch;
  /** Copies agree that have the same indexes in these iterations: those that every way from the node to `owner` keeps. */
  dimensions: readonly number[];
}

interface HeldNode {
  index: number;
  control: ControlKind | undefined;
  scope: readonly number[];
}

/** By node. `topological` lists parents before children. */
export function holdsOf(
  nodes: readonly HeldNode[],
  edges: readonly ScopeEdge[],
  topological: readonly number[],
): (Hold | undefined)[] {
  const holds: (Hold | undefined)[] = nodes.map(() => undefined);
  if (!nodes.some(({ control }) => control === 'if')) return holds;
  /** How many branches a node lies in. */
  const depths = new Int32Array(nodes.length);
  const depthOf = (hold: Hold | undefined) => (hold === undefined ? 0 : (depths[hold.owner] ?? 0) + 1);
  const outward = ({ owner, dimensions }: Hold): Hold | undefined => {
    const outer = holds[owner];
    return outer && { ...outer, dimensions: common(dimensions, outer.dimensions) };
  };
  /** The innermost branch that both lie in. */
  const meet = (one: Hold | undefined, other: Hold | undefined): Hold | undefined => {
    let [a, b] = [one, other];
    while (a !== undefined && b !== undefined) {
      if (a.owner === b.owner && a.branch === b.branch) return { ...a, dimensions: common(a.dimensions, b.dimensions) };
      const [depthOfA, depthOfB] = [depthOf(a), depthOf(b)];
      if (depthOfA >= depthOfB) a = outward(a);
      if (depthOfB >= depthOfA) b = outward(b);
    }
    return undefined;
  };
  const leaving: ScopeEdge[][] = nodes.map(() => []);
  for (const edge of edges) leaving[edge.from]?.push(edge);
  for (const index of topological.toReversed()) {
    const node = nodes[index];
    const [first, ...others] = (leaving[index] ?? []).map((edge) => behind(nodes, holds, edge));
    let hold = node && others.reduce<Hold | undefined>(meet, first);
    if (node?.control === 'iterate') while (hold && nodes[hold.owner]?.scope.includes(index)) hold = outward(hold);
    holds[index] = hold && { ...hold, dimensions: common(node?.scope ?? [], hold.dimensions) };
    depths[index] = depthOf(holds[index]);
  }
  return holds;
}

/** The innermost branch that an edge leads into. */
function behind(nodes: readonly HeldNode[], holds: (Hold | undefined)[], { to, field }: ScopeEdge): Hold | undefined {
  const node = nodes[to];
  const branch = node?.control === 'if' ? (BRANCHES as readonly string[]).indexOf(field) : -1;
  return branch === -1 ? holds[to] : { owner: to, branch: branch as Branch, dimensions: node?.scope ?? [] };
}

const common = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a === b ? a : a.filter((dimension) => b.includes(dimension));
