/** Which field of which node `--set` means. @pure */
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import type { BatchDatum } from '../../contract/queue/batch.ts';
import { inputOf, nodeTypeOf } from '../../graph/catalogue.ts';
import { nearest } from '../../graph/nearest.ts';
import { type Assignment, AssignmentError } from './assignment.ts';
import { type FieldKind, fieldKind } from './field-kind.ts';

export type Node = Record<string, unknown>;
export type Place = Pick<BatchDatum, 'node_path' | 'field_name'>;

interface Edge {
  source: { node_id: string; field: string };
  destination: { node_id: string; field: string };
}

/** A graph as it was read: nothing about it has been checked. */
export interface OpenGraph {
  nodes: Record<string, Node>;
  edges?: readonly Edge[] | undefined;
}

export class Targets {
  readonly #graph: OpenGraph;
  readonly #catalogue: Catalogue;
  /** `node.field` of what an edge feeds, and the edge's source. */
  readonly #fed: Map<string, string>;

  constructor(graph: OpenGraph, catalogue: Catalogue) {
    this.#graph = graph;
    this.#catalogue = catalogue;
    this.#fed = new Map(
      (graph.edges ?? []).map(({ source, destination }) => [
        `${destination.node_id}.${destination.field}`,
        `${source.node_id}.${source.field}`,
      ]),
    );
  }

  find({ node, field }: Pick<Assignment, 'node' | 'field'>): Place {
    return node === null ? this.#search(field) : this.#named(node, field);
  }

  kind({ node_path, field_name }: Place): FieldKind {
    const node = this.#graph.nodes[node_path] as Node;
    const nodeType = nodeTypeOf(this.#catalogue, String(node.type));
    return fieldKind(nodeType && inputOf(nodeType, field_name), node[field_name]);
  }

  #named(node_path: string, field_name: string): Place {
    const { nodes } = this.#graph;
    if (!Object.hasOwn(nodes, node_path)) {
      const near = nearest(node_path, Object.keys(nodes));
      const hint = near === undefined ? `it has ${Object.keys(nodes).join(', ')}` : `did you mean "${near}"?`;
      throw new AssignmentError(`The graph has no node "${node_path}"; ${hint}`);
    }
    const source = this.#fed.get(`${node_path}.${field_name}`);
    if (source !== undefined)
      throw new AssignmentError(
        `"${node_path}.${field_name}" gets its value along an edge from "${source}"; set what feeds it.`,
      );
    return { node_path, field_name };
  }

  /** The only node where the field is set, or a node of that name that holds a value, or the only one that takes it. */
  #search(field: string): Place {
    const { nodes } = this.#graph;
    const free = Object.keys(nodes).filter((id) => !this.#fed.has(`${id}.${field}`));
    const set = this.#only(
      field,
      free.filter((id) => Object.hasOwn(nodes[id] ?? {}, field)),
    );
    if (set !== null) return set;
    if (Object.hasOwn(nodes, field) && this.#takes(field, 'value') && !this.#fed.has(`${field}.value`))
      return { node_path: field, field_name: 'value' };
    const taking = this.#only(
      field,
      free.filter((id) => this.#takes(id, field)),
    );
    if (taking !== null) return taking;
    throw new AssignmentError(`No node of the graph has "${field}" to set; write node.${field}=….`);
  }

  #only(field_name: string, found: readonly string[]): Place | null {
    const [only] = found;
    if (found.length > 1)
      throw new AssignmentError(
        `Several nodes have "${field_name}"; write ${found.map((id) => `${id}.${field_name}=…`).join(' or ')}.`,
      );
    return only === undefined ? null : { node_path: only, field_name };
  }

  /** It stands there, or the catalogue says that a literal may. */
  #takes(id: string, field: string): boolean {
    const node = this.#graph.nodes[id] ?? {};
    if (Object.hasOwn(node, field)) return true;
    const nodeType = nodeTypeOf(this.#catalogue, String(node.type));
    const input = nodeType && inputOf(nodeType, field);
    return input !== undefined && input.input !== 'connection';
  }
}
