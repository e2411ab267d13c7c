/**
 * What it took to come to a result, and whether that makes it worth a row at the queue. A result stands for its own node
 * and for those that gave it live values: these run again whenever it does.
 */
import type { NodeType } from '../../contract/graph/catalogue.ts';
import { CACHE_SECONDS_MIN } from '../../contract/limits.ts';
import type { PreparedGraph, PreparedNode } from '../../graph/session/prepared-graph.ts';
import type { Invocation } from '../../graph/session/step.ts';
import { fieldsOf } from './invocation-name.ts';

/** Nodes behind one that are looked at: a long chain of quick ones is not gone through for each of them. */
const SOURCES_MAX = 256;

export class Effort {
  readonly #graph: PreparedGraph;
  /** Seconds by node index. */
  readonly #seconds = new Map<number, number>();
  #total = 0;

  constructor(graph: PreparedGraph) {
    this.#graph = graph;
  }

  /** Counts what the invocation took, and says whether the queue should keep its record for other sessions. */
  isWorthKeeping({ source_id, inputs }: Invocation, definition: NodeType, seconds: number): boolean {
    const index = this.#graph.indexOf.get(source_id) ?? -1;
    this.#total += seconds;
    this.#seconds.set(index, (this.#seconds.get(index) ?? 0) + seconds);
    // A mark spares the load of a model wherever that is not loaded, however quick the node was here.
    const { liveInputs, liveOutputs } = fieldsOf(definition);
    const sparesModel =
      liveOutputs.length > 0 &&
      Object.entries(inputs).some(([field, value]) => !liveInputs.has(field) && namesModel(value));
    if (this.#total < CACHE_SECONDS_MIN && !sparesModel) return false;
    if (followingOf(this.#graph)[index] !== 1) return false;
    return sparesModel || this.#tookTime(index);
  }

  #tookTime(index: number): boolean {
    let seconds = 0;
    const nodes = new Set([index]);
    for (const each of nodes) {
      seconds += this.#seconds.get(each) ?? 0;
      if (seconds >= CACHE_SECONDS_MIN) return true;
      if (nodes.size > SOURCES_MAX) return false;
      for (const parent of this.#graph.nodes[each]?.liveParents ?? []) nodes.add(parent);
    }
    return false;
  }
}

const FOLLOWING = new WeakMap<PreparedGraph, Uint8Array>();

/** By node, 1: its result follows from the graph and its values, as all behind it is deterministic and no iteration. */
function followingOf(graph: PreparedGraph): Uint8Array {
  const known = FOLLOWING.get(graph);
  if (known) return known;
  const following = new Uint8Array(graph.nodes.length);
  for (const index of graph.topological) {
    const { control, nodeType, parents } = graph.nodes[index] as PreparedNode;
    const follows =
      control !== 'iterate' && nodeType.deterministic && parents.every((parent) => following[parent] === 1);
    following[index] = follows ? 1 : 0;
  }
  FOLLOWING.set(graph, following);
  return following;
}

function namesModel(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if ('key' in value && 'hash' in value && typeof value.hash === 'string') return true;
  return Object.values(value).some(namesModel);
}
