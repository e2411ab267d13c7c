/** What an edit of a graph can throw. The graph is as it was; names are InvokeAI's, and stable. */
import type { Fault } from '../../contract/error/problem.ts';
import type { GraphEdge } from '../../contract/graph/graph.ts';

/** The base of all of them. */
export class GraphEditError extends Error {
  override name = 'GraphEditError';
}

export class NodeAlreadyInGraphError extends GraphEditError {
  override name = 'NodeAlreadyInGraphError';
  readonly id: string;

  constructor(id: string) {
    super(`The graph has a node "${id}" already; choose another id, or update that node.`);
    this.id = id;
  }
}

export class NodeNotFoundError extends GraphEditError {
  override name = 'NodeNotFoundError';
  readonly id: string;

  constructor(id: string, hint: string) {
    super(`The graph has no node "${id}".${hint}`);
    this.id = id;
  }
}

/** The node's type does not exist, or is another than that of the node that it would replace. */
export class NodeTypeError extends GraphEditError {
  override name = 'NodeTypeError';
  readonly id: string;
  readonly type: string;

  constructor(id: string, type: string, message: string) {
    super(message);
    this.id = id;
    this.type = type;
  }
}

/** The node cannot stand in any graph: its id, its type or a common field is malformed. Pointers lead into the node. */
export class InvalidNodeError extends GraphEditError {
  override name = 'InvalidNodeError';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(sentences(faults));
    this.faults = faults;
  }
}

/** The edge cannot stand in this graph. Pointers lead into the edge. */
export class InvalidEdgeError extends GraphEditError {
  override name = 'InvalidEdgeError';
  readonly edge: GraphEdge;
  readonly faults: readonly Fault[];

  constructor(edge: GraphEdge, faults: readonly Fault[]) {
    super(faults.map(({ detail }) => detail).join('\n'));
    this.edge = edge;
    this.faults = faults;
  }
}

/** What was to be edited is no graph at all. */
export class InvalidGraphError extends GraphEditError {
  override name = 'InvalidGraphError';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(sentences(faults));
    this.faults = faults;
  }
}

const sentences = (faults: readonly Fault[]): string =>
  faults.map(({ pointer, detail }) => (pointer === '' ? detail : `${pointer}: ${detail}`)).join('\n');
