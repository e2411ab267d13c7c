/** Looks node types and their fields up by the names that users chose. */
import type { Catalogue, InputField, NodeType, OutputField } from '../contract/graph/catalogue.ts';
import { own } from './own.ts';

/** What every node has beside its own inputs; no input may take one of these names. */
export const COMMON_FIELDS: ReadonlySet<string> = new Set(['id', 'type', 'version', 'is_intermediate', 'use_cache']);

/** Names that no input or output may have: the common fields, and the key that reaches a prototype. */
export const isReservedField = (name: string): boolean => COMMON_FIELDS.has(name) || name === '__proto__';

export const FIELD_NAME = /^[a-z][a-z0-9_]{0,63}$/;

/** What stands before the types of a runner's own nodes, and such a type whole: `namespace:type`. */
export const NAMESPACE = /^[a-z][a-z0-9_]*$/;
export const CUSTOM_TYPE = /^[a-z][a-z0-9_]*:[a-z][a-z0-9_]*$/;
export const TYPE_NAME = /^[a-z][a-z0-9_]*(:[a-z][a-z0-9_]*)?$/;
export const SEMANTIC_VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;

/** No built-in type has a namespace, so that a runner's own can never be taken for one. */
export const isCustomType = (type: string): boolean => type.includes(':');

export const nodeTypeOf = (catalogue: Catalogue, type: string): NodeType | undefined => own(catalogue.node_types, type);

export const inputOf = (nodeType: NodeType, field: string): InputField | undefined =>
  isReservedField(field) ? undefined : own(nodeType.inputs, field);

export const outputOf = (nodeType: NodeType, field: string): OutputField | undefined =>
  isReservedField(field) ? undefined : own(nodeType.outputs, field);

/** One catalogue of several. The first that names a type wins, so that no later one can replace a built-in node. */
export function mergeCatalogues(...catalogues: readonly Catalogue[]): Catalogue {
  const types = new Map<string, NodeType>();
  for (const { node_types } of catalogues)
    for (const [type, nodeType] of Object.entries(node_types)) if (!types.has(type)) types.set(type, nodeType);
  return { node_types: Object.fromEntries(types) };
}
