/** One submitted node: its faults, and the node as it is pinned. */
import type { Catalogue, InputField, NodeType } from '../../contract/graph/catalogue.ts';
import type { GraphNode, SourceNode } from '../../contract/graph/graph.ts';
import { COMMON_FIELDS, inputOf, isCustomType, nodeTypeOf } from '../catalogue.ts';
import type { FaultList, Path } from '../faults.ts';
import { LiteralCheck } from '../literal.ts';
import { own, put } from '../own.ts';
import { versionRefusal } from '../version.ts';

/** Node id → its type; undefined when the type is unknown, which is a fault of the node and not of its edges. */
export type NodeTypes = ReadonlyMap<string, NodeType | undefined>;

/** Fields that something other than the graph gives: node id → field names (`suppliedFields` of a batch). */
export type SuppliedFields = ReadonlyMap<string, ReadonlySet<string>>;

/** What gives a field its value besides its literal. */
export interface FieldSources {
  /** It has an edge. */
  isConnected(field: string): boolean;
  /** A batch varies it. */
  isSupplied(field: string): boolean;
}

/**
 * The type that a submitted node names; a fault and undefined when the catalogue has none of that name. One of another
 * version is a fault too, but says enough of the node to judge the rest of it.
 */
export function typeOfNode(
  node: SourceNode,
  catalogue: Catalogue,
  path: Path,
  faults: FaultList,
): NodeType | undefined {
  const nodeType = nodeTypeOf(catalogue, node.type);
  if (nodeType === undefined) {
    const hint = faults.suggest(node.type, Object.keys(catalogue.node_types));
    const otherwise = isCustomType(node.type)
      ? " A runner's own nodes can be used once an admin has approved them: switchyard nodes pending."
      : ' GET /api/v1/catalogue lists those that exist.';
    faults.add([...path, 'type'], 'unknown_node_type', `There is no node type "${node.type}".${hint || otherwise}`);
    return undefined;
  }
  const refusal = node.version === undefined ? undefined : versionRefusal(node.type, node.version, nodeType.version);
  if (refusal !== undefined) faults.add([...path, 'version'], 'node_version', refusal);
  return nodeType;
}

/** Fields in the catalogue's order; what nobody gave and has no default is left out. */
export function pinNode(
  id: string,
  node: SourceNode,
  nodeType: NodeType,
  sources: FieldSources,
  path: Path,
  faults: FaultList,
): GraphNode {
  const { is_intermediate = false, use_cache = true } = node;
  const pinned: GraphNode = { id, type: node.type, is_intermediate, use_cache };
  for (const field of Object.keys(node))
    if (!COMMON_FIELDS.has(field) && inputOf(nodeType, field) === undefined && !faults.isFull)
      faults.add([...path, field], 'unknown_field', unknownField(nodeType, field, faults));
  for (const field of Object.keys(nodeType.inputs)) {
    const input = inputOf(nodeType, field);
    if (input === undefined || sources.isConnected(field)) continue;
    const value = pinField(field, input, own(node, field), sources, [...path, field], faults);
    if (value !== undefined) put(pinned, field, value);
  }
  if (nodeType.control === 'collect' && !sources.isConnected('item') && !sources.isConnected('collection'))
    faults.add([...path, 'item'], 'missing', 'A collect node must have an edge to "item" or to "collection": add one.');
  return pinned;
}

function pinField(
  field: string,
  input: InputField,
  given: unknown,
  sources: FieldSources,
  path: Path,
  faults: FaultList,
): unknown {
  const check = new LiteralCheck(input);
  if (check.isAbsent(given)) {
    const fallback = own(input.schema, 'default');
    if (fallback !== undefined && !check.isAbsent(fallback)) return fallback;
    if (input.required && !sources.isSupplied(field)) faults.add(path, 'missing', missing(field, input));
    return undefined;
  }
  if (input.input === 'connection') {
    faults.add(
      path,
      'invalid_value',
      `"${field}" takes its value along an edge only; remove the value and add an edge.`,
    );
    return undefined;
  }
  const evaluation = check.evaluate(given);
  for (const { path: inner, code, detail } of evaluation.faults) faults.add([...path, ...inner], code, detail);
  return evaluation.value;
}

function missing(field: string, input: InputField): string {
  const ways = { direct: 'give a value', connection: 'add an edge to it', any: 'give a value, or add an edge to it' };
  return `"${field}" (${input.field_type}) is required: ${ways[input.input]}.`;
}

export const unknownField = (nodeType: NodeType, field: string, faults: FaultList): string =>
  `The node type "${nodeType.type}" has no field "${field}".${faults.suggest(field, Object.keys(nodeType.inputs)) || ' Remove it.'}`;
