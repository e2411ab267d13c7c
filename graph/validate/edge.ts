/** The edges of a submitted graph: their ends, their types, and that no input but a collector's has two. */
import type { InputField, NodeType, OutputField } from '../../contract/graph/catalogue.ts';
import type { GraphEdge } from '../../contract/graph/graph.ts';
import { inputOf, outputOf } from '../catalogue.ts';
import type { FaultList, Path } from '../faults.ts';
import { compatible } from '../field-type/compatible.ts';
import type { Connections } from './connection.ts';
import type { NodeTypes } from './node.ts';
import { isInlet, isOutlet } from './resolve.ts';

/** Why an edge into or out of a control node does not fit, as a sentence. */
export type FlowRefusal = (edge: GraphEdge) => string | undefined;

/** `base` is the graph's place in the request. */
export function checkEdges(
  edges: readonly GraphEdge[],
  types: NodeTypes,
  connections: Connections,
  flowRefusal: FlowRefusal,
  base: Path,
  faults: FaultList,
): void {
  const items = new Map<string, GraphEdge>();
  edges.forEach((edge, index) => {
    const path = [...base, 'edges', index];
    checkEnds(edge, types, path, faults);
    checkFit(edge, types, flowRefusal, path, faults);
    const { node_id, field } = edge.destination;
    if (!types.has(node_id)) return;
    if (takesMany(types.get(node_id), field)) {
      const same = items.get(edgeKey(edge));
      if (same === undefined) items.set(edgeKey(edge), edge);
      else checkFree(edge, same, path, faults);
    } else {
      const first = connections.get(node_id)?.get(field) ?? index;
      if (first !== index) checkFree(edge, edges[first], path, faults);
    }
  });
}

/** Equal for edges between the same ports. */
export const edgeKey = ({ source, destination }: GraphEdge): string =>
  JSON.stringify([source.node_id, source.field, destination.node_id, destination.field]);

/** Only the items of a collector come along several edges. */
export const takesMany = (type: NodeType | undefined, field: string): boolean =>
  type?.control === 'collect' && field === 'item';

/** Whether both ends exist, and the input takes edges. */
export function checkEnds(edge: GraphEdge, types: NodeTypes, path: Path, faults: FaultList): void {
  const { source, destination } = edge;
  checkNode(source.node_id, types, [...path, 'source', 'node_id'], faults);
  checkNode(destination.node_id, types, [...path, 'destination', 'node_id'], faults);
  const { from, to, output, input } = endsOf(edge, types);
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
}

/** Whether what the output gives fits the input, as far as both are known. */
export function checkFit(
  edge: GraphEdge,
  types: NodeTypes,
  flowRefusal: FlowRefusal,
  path: Path,
  faults: FaultList,
): void {
  const { source, destination } = edge;
  const { from, to, output, input } = endsOf(edge, types);
  if (!from || !to || !output || !input || input.input === 'direct') return;
  const why =
    isOutlet(from, source.field) || isInlet(to, destination.field)
      ? flowRefusal(edge)
      : compatible(output.field_type, input.field_type)
        ? undefined
        : `${port(source)} gives ${output.field_type}, but ${port(destination)} takes ${input.field_type}; connect an output that fits.`;
  if (why !== undefined) faults.add([...path, 'destination', 'field'], 'edge_type_mismatch', why);
}

/** That an input is free; `other` is the edge that stands there before. */
export function checkFree(edge: GraphEdge, other: GraphEdge | undefined, path: Path, faults: FaultList): void {
  if (other === undefined) return;
  const { source, destination } = edge;
  if (other.source.node_id === source.node_id && other.source.field === source.field)
    faults.add(path, 'edge_duplicate', `The edge from ${port(source)} to ${port(destination)} is there already.`);
  else
    faults.add(
      [...path, 'destination', 'field'],
      'edge_occupied',
      `${port(destination)} has an edge from ${port(other.source)} already; an input takes one edge, so remove one of them.`,
    );
}

interface Ends {
  from: NodeType | undefined;
  to: NodeType | undefined;
  output: OutputField | undefined;
  input: InputField | undefined;
}

function endsOf({ source, destination }: GraphEdge, types: NodeTypes): Ends {
  const from = types.get(source.node_id);
  const to = types.get(destination.node_id);
  return { from, to, output: from && outputOf(from, source.field), input: to && inputOf(to, destination.field) };
}

function checkNode(id: string, types: NodeTypes, path: Path, faults: FaultList): void {
  if (!types.has(id))
    faults.add(path, 'unknown_node', `The graph has no node "${id}".${faults.suggest(id, types.keys())}`);
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
