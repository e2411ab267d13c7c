/**
 * A graph under a person's hands: what is added is judged at once, and what flows through control nodes is known. A module
 * of its own, since it needs the contract's schemas.
 */
export {
  GraphEditError,
  InvalidEdgeError,
  InvalidGraphError,
  InvalidNodeError,
  NodeAlreadyInGraphError,
  NodeNotFoundError,
  NodeTypeError,
} from '../../graph/edit/errors.ts';
export { GraphEditor, type NodeInput } from '../../graph/edit/graph-editor.ts';
export { resolveOutlets } from '../../graph/validate/resolve.ts';
