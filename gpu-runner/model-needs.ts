/** Which models the nodes of a session name; enqueueing has pinned each of them to a hash. @pure */
import type { PinnedGraph } from '../contract/graph/graph.ts';

const HASH = /^[0-9a-f]{64}$/;
/** A model's name stands in an input, or in an element of one that is a list. */
const DEPTH_MAX = 3;

const NOTHING: ReadonlySet<string> = new Set();
const ofGraphs = new WeakMap<PinnedGraph, ReadonlySet<string>>();

/** Hashes; a model that a node finds out by itself is not among them. The values of a batch cannot name any. */
export function modelNeeds(graph: PinnedGraph | undefined): ReadonlySet<string> {
  if (!graph) return NOTHING;
  const known = ofGraphs.get(graph);
  if (known) return known;
  const needs = new Set<string>();
  for (const node of graph.nodes) gather(node, needs, DEPTH_MAX);
  ofGraphs.set(graph, needs);
  return needs;
}

function gather(value: unknown, needs: Set<string>, depth: number): void {
  if (typeof value !== 'object' || value === null || depth < 0) return;
  const { key, hash } = value as { key?: unknown; hash?: unknown };
  if (typeof key === 'string' && typeof hash === 'string' && HASH.test(hash)) needs.add(hash);
  else for (const each of Object.values(value)) gather(each, needs, depth - 1);
}
