/** The built-in nodes, by type. A folder's `nodes.ts` lists its own; after a change generate the catalogue anew. */
import { CONTROL_NODE_TYPES } from '../../graph/control.ts';
import { COLLECTION_NODES } from './collections/nodes.ts';
import { DIFFUSION_NODES } from './diffusion/nodes.ts';
import { IMAGE_NODES } from './image/nodes.ts';
import { LOGIC_NODES } from './logic/nodes.ts';
import { MATH_NODES } from './math/nodes.ts';
import type { Node } from './node.ts';
import { ONNX_NODES } from './onnx/nodes.ts';
import { PRIMITIVE_NODES } from './primitives/nodes.ts';
import { STRING_NODES } from './strings/nodes.ts';
import { TENSOR_NODES } from './tensor/nodes.ts';

export const BUILTIN_NODES: ReadonlyMap<string, Node> = nodesByType([
  ...PRIMITIVE_NODES,
  ...MATH_NODES,
  ...LOGIC_NODES,
  ...STRING_NODES,
  ...COLLECTION_NODES,
  ...IMAGE_NODES,
  ...TENSOR_NODES,
  ...ONNX_NODES,
  ...DIFFUSION_NODES,
]);

/** Refuses two nodes of one type, control nodes among them: which of them ran would depend on the order of files. */
export function nodesByType(nodes: readonly Node[]): Map<string, Node> {
  const byType = new Map<string, Node>();
  for (const node of nodes) {
    const { type } = node.definition;
    if (byType.has(type) || CONTROL_NODE_TYPES.some((control) => control.type === type))
      throw new Error(`two nodes are of type '${type}'`);
    byType.set(type, node);
  }
  return byType;
}
