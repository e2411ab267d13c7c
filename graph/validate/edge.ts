/** The edges of a submitted graph: their ends, their types, and that no input has two. */
import type { NodeType } from '../../contract/graph/catalogue.ts';
import type { GraphEdge } from '../../contract/graph/graph.ts';
import { inputOf, outputOf } from '../catalogue.ts';
import type { FaultList, Path } from '../faults.ts';
import { compatible } from '../field-type/compatible.ts';
import type { Connections } from './connection.ts';

/** Node id → its type; undefined when the type is unknown, which is a fault of the node and not of its edges. */
export type NodeTypes = ReadonlyMap<string, NodeType | undefined>;

/** Whether both ends are nodes of the graph: only such an edge can be part of a cycle. */
export function checkEdge(
  edges: readonly GraphEdge[],
  index: number,
  types: NodeTypes,
  connections: Connections,
  path: Path,
  faults: FaultList,
): boolean {
  const edge = edges[index];
  if (edge === undefined) return false;
  const { source, destination } = edge;
  const hasSource = checkNode(source.node_id, types, [...path, 'source', 'node_id'], faults);
  const hasDestination = checkNode(destination.node_id, types, [...path, 'destination', 'node_id'], faults);
  const from = types.get(source.node_id);
  const to = types.get(destination.node_id);
  const output = from && outputOf(from, source.field);
  const input = to && inputOf(to, destination.field);
  if (from && !output)
    faults.add(
      [...path, 'source', 'field'],
      'unknown_field',
      unknownPort(source.node_id, from, 'output', source.field, faults),
    );
  if (to && !input)
    faults.add(
      [...path, 'destination', 'field'],
      'unknown_field',
      unknownPort(destination.node_id, to, 'input', destination.field, faults),
    );
  if (input?.input === 'direct')
    faults.add(
      [...path, 'destination', 'field'],
      'edge_not_allowed',
      `${port(destination)} takes a value only; remove the edge and give the value in the node.`,
    );
  else if (input && output && !compatible(output.field_type, input.field_type))
    faults.add(
      [...path, 'destination', 'field'],
      'edge_type_mismatch',
      `${port(source)} gives ${output.field_type}, but ${port(destination)} takes ${input.field_type}; connect an output that fits.`,
    );
  const first = connections.get(destination.node_id)?.get(destination.field) ?? index;
  if (first !== index && hasDestination) reportSecond(edges[first], edge, first, path, faults);
  return hasSource && hasDestination;
}

function checkNode(id: string, types: NodeTypes, path: Path, faults: FaultList): boolean {
  if (types.has(id)) return true;
  faults.add(path, 'unknown_node', `The graph has no node "${id}".${faults.suggest(id, types.keys())}`);
  return false;
}

function reportSecond(first: GraphEdge | undefined, edge: GraphEdge, at: number, path: Path, faults: FaultList): void {
  if (first?.source.node_id === edge.source.node_id && first.source.field === edge.source.field)
    faults.add(path, 'edge_duplicate', `Remove this edge: edge ${at} is the same.`);
  else
    faults.add(
      [...path, 'destination', 'field'],
      'edge_occupied',
      `${port(edge.destination)} has edge ${at} already; an input takes one edge, so remove one of them.`,
    );
}

const port = ({ node_id, field }: GraphEdge['source']): string => `"${node_id}.${field}"`;

function unknownPort(
  id: string,
  nodeType: NodeType,
  kind: 'input' | 'output',
  field: string,
  faults: FaultList,
): string {
  const names = Object.keys(kind === 'input' ? nodeType.inputs : nodeType.outputs);
  const hint =
    faults.suggest(field, names) || (names.length > 0 ? ` It has ${names.map((name) => `"${name}"`).join(', ')}.` : '');
  return `Node "${id}" (${nodeType.type}) has no ${kind} "${field}".${hint}`;
}
