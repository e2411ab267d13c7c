/** What no single edge shows: circles, and iterations inside too many others. */
import type { GraphEdge } from '../../contract/graph/graph.ts';
import { ITERATION_DEPTH_MAX } from '../../contract/limits.ts';
import type { FaultList, Path } from '../faults.ts';
import { type ScopeEdge, scopesOf } from '../scope.ts';
import { findCycle } from './cycle.ts';
import type { NodeTypes } from './node.ts';

export interface Shape {
  /** The edges between nodes that exist, by their index in the graph. */
  linked: ReadonlyMap<number, GraphEdge>;
  /** Node ids, parents before children, those in a circle or behind one left out. */
  topological: string[];
  /** Nodes in a circle, or behind one. */
  circular: ReadonlySet<string>;
  /** Nodes inside more than ITERATION_DEPTH_MAX iterations, none of whose parents is. */
  tooDeep: string[];
}

export function shapeOf(types: NodeTypes, edges: readonly GraphEdge[]): Shape {
  const ids = [...types.keys()];
  const indexOf = new Map(ids.map((id, index) => [id, index]));
  const linked = new Map<number, GraphEdge>();
  const parents: ScopeEdge[] = [];
  edges.forEach((edge, index) => {
    const from = indexOf.get(edge.source.node_id);
    const to = indexOf.get(edge.destination.node_id);
    if (from === undefined || to === undefined) return;
    linked.set(index, edge);
    parents.push({ from, to, field: edge.destination.field });
  });
  const { topological, scopes } = scopesOf(
    ids.map((id) => ({ control: types.get(id)?.control })),
    parents,
  );
  const circular = new Set(ids);
  for (const index of topological) circular.delete(ids[index] ?? '');
  return {
    linked,
    topological: topological.map((index) => ids[index] ?? ''),
    circular,
    tooDeep: firstTooDeep(scopes, parents).map((index) => ids[index] ?? ''),
  };
}

function firstTooDeep(scopes: readonly (readonly number[])[], parents: readonly ScopeEdge[]): number[] {
  const isTooDeep = (index: number) => (scopes[index]?.length ?? 0) > ITERATION_DEPTH_MAX;
  const behind = new Set(parents.filter(({ from }) => isTooDeep(from)).map(({ to }) => to));
  return [...scopes.keys()].filter((index) => isTooDeep(index) && !behind.has(index));
}

/** Ids that a sentence lists before it says "and N more". */
const IDS_LISTED_MAX = 20;

export function checkShape({ linked, circular, tooDeep }: Shape, base: Path, faults: FaultList): void {
  for (const id of tooDeep)
    faults.add(
      [...base, 'nodes', id],
      'too_deep',
      `"${id}" stands inside more than ${ITERATION_DEPTH_MAX} iterations: collect what they give before the next one.`,
    );
  if (circular.size === 0) return;
  const cycle = findCycle(circular, linked);
  const listed = cycle.nodes.slice(0, IDS_LISTED_MAX).map((id) => `"${id}"`);
  const more = cycle.nodes.length - listed.length;
  const names = [...listed, ...(more > 0 ? [`… (${more} more)`] : []), `"${cycle.nodes[0]}"`].join(' → ');
  faults.add([...base, 'edges', cycle.edge], 'cycle', `The edges run in a circle, ${names}: remove one of them.`);
}
