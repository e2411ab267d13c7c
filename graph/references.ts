/** What a graph, its values and its results refer to by name: models and assets, found by field type. */
import type { Fault } from '../contract/error/problem.ts';
import type { Catalogue } from '../contract/graph/catalogue.ts';
import type { GraphNode, PinnedGraph } from '../contract/graph/graph.ts';
import { GRAPH_BYTES_MAX, JSON_DEPTH_MAX } from '../contract/limits.ts';
import type { BatchPlan } from './batch/plan.ts';
import { jsonBytesExceed } from './bytes.ts';
import { inputOf, nodeTypeOf } from './catalogue.ts';
import { FaultList, type Path } from './faults.ts';
import { parseFieldType } from './field-type/parse.ts';
import { own, put } from './own.ts';

export interface ModelReference {
  node_id: string;
  field: string;
  /** Position in a list of models. */
  index?: number;
  key: string;
  hash?: string;
}

/** Every model that a node's own fields name, in the order of nodes and fields. */
export function modelReferences(pinned: PinnedGraph, catalogue: Catalogue): ModelReference[] {
  const references: ModelReference[] = [];
  for (const { node, field, value } of fieldsOfType(pinned, catalogue, isModelType)) {
    const models = Array.isArray(value) ? value : [value];
    models.forEach((model, index) => {
      if (!isModel(model)) return;
      const reference: ModelReference = { node_id: node.id, field, key: model.key };
      if (Array.isArray(value)) reference.index = index;
      if (model.hash !== undefined) reference.hash = model.hash;
      references.push(reference);
    });
  }
  return references;
}

export type PinModelsResult = { ok: true; graph: PinnedGraph } | { ok: false; faults: Fault[] };

/**
 * The graph with each model named by digest. `lookup`: key → hashes that the store has, the current one first. A model
 * that it lacks, or a version that it lacks, is a fault at its node; `base` is the graph's place in the request.
 */
export function pinModels(
  pinned: PinnedGraph,
  catalogue: Catalogue,
  lookup: ReadonlyMap<string, readonly string[]>,
  base: Path,
): PinModelsResult {
  const faults = new FaultList();
  for (const { node_id, field, index, key, hash } of modelReferences(pinned, catalogue)) {
    const path = [...base, 'nodes', node_id, field, ...(index === undefined ? [] : [index])];
    const known = lookup.get(key);
    if (known?.[0] === undefined)
      faults.add([...path, 'key'], 'unknown_model', `The store has no model "${key}"; upload it, or name another.`);
    else if (hash !== undefined && !known.includes(hash))
      faults.add(
        [...path, 'hash'],
        'unknown_model',
        `The store has no version ${hash} of "${key}"; leave the hash out to use the current one, ${known[0]}.`,
      );
  }
  const nodes = new Map(pinned.nodes.map((node) => [node, node]));
  for (const { node, field, value } of fieldsOfType(pinned, catalogue, isModelType)) {
    const copy = nodes.get(node) === node ? { ...node } : (nodes.get(node) ?? node);
    put(copy, field, Array.isArray(value) ? value.map((model) => withHash(model, lookup)) : withHash(value, lookup));
    nodes.set(node, copy);
  }
  const graph = { ...pinned, nodes: [...nodes.values()] };
  if (faults.isEmpty && jsonBytesExceed(graph, GRAPH_BYTES_MAX))
    faults.add(base, 'too_large', `The graph is over ${GRAPH_BYTES_MAX} bytes with its models' hashes; split it.`);
  return faults.isEmpty ? { ok: true, graph } : { ok: false, faults: faults.faults };
}

/** The names of the assets in a value of that type, in order, each as often as it stands there. */
export function assetReferences(fieldType: string, value: unknown): string[] {
  const names: string[] = [];
  if (mayHoldAssets(fieldType)) collectAssets(value, names, 1);
  return names;
}

export interface AssetReference {
  /** Below the graph or the batch: ['nodes', 'n1', 'image'] or ['data', 0, 1, 'items', 17]. */
  path: (string | number)[];
  asset_name: string;
}

/** Every asset that the literals of a graph name. */
export const graphAssets = (pinned: PinnedGraph, catalogue: Catalogue): AssetReference[] =>
  fieldsOfType(pinned, catalogue, mayHoldAssets).flatMap(({ node, field, type, value }) =>
    assetReferences(type, value).map((asset_name) => ({ path: ['nodes', node.id, field], asset_name })),
  );

/** Every asset that a batch's values name. */
export function planAssets(plan: BatchPlan, pinned: PinnedGraph, catalogue: Catalogue): AssetReference[] {
  const inputs = inputTypes(pinned, catalogue);
  return plan.groups.flatMap((group, at) =>
    group.fields.flatMap(({ node_path, field_name }, datum) => {
      const type = inputs(node_path, field_name);
      if (type === undefined || !mayHoldAssets(type)) return [];
      return (group.items[datum] ?? []).flatMap((value, index) =>
        assetReferences(type, value).map((asset_name) => ({ path: ['data', at, datum, 'items', index], asset_name })),
      );
    }),
  );
}

interface TypedField {
  node: GraphNode;
  field: string;
  type: string;
  value: unknown;
}

function fieldsOfType(pinned: PinnedGraph, catalogue: Catalogue, wanted: (type: string) => boolean): TypedField[] {
  return pinned.nodes.flatMap((node) => {
    const nodeType = nodeTypeOf(catalogue, node.type);
    return Object.keys(nodeType?.inputs ?? {}).flatMap((field) => {
      const type = nodeType && inputOf(nodeType, field)?.field_type;
      const value = own(node, field);
      return type !== undefined && value !== undefined && wanted(type) ? [{ node, field, type, value }] : [];
    });
  });
}

function inputTypes(pinned: PinnedGraph, catalogue: Catalogue): (id: string, field: string) => string | undefined {
  const types = new Map(pinned.nodes.map(({ id, type }) => [id, nodeTypeOf(catalogue, type)]));
  return (id, field) => {
    const nodeType = types.get(id);
    return nodeType && inputOf(nodeType, field)?.field_type;
  };
}

/** `any` counts: what it lets through may reach an input that reads an asset. */
const mayHoldAssets = (type: string): boolean =>
  parseFieldType(type).members.some(({ name }) => name === 'image' || name === 'file' || name === 'any');
const isModelType = (type: string): boolean => parseFieldType(type).members.some(({ name }) => name === 'model');

const isModel = (value: unknown): value is { key: string; hash?: string } =>
  typeof value === 'object' && value !== null && typeof (value as { key?: unknown }).key === 'string';

const withHash = (model: unknown, lookup: ReadonlyMap<string, readonly string[]>): unknown =>
  isModel(model) ? { ...model, hash: model.hash ?? lookup.get(model.key)?.[0] } : model;

function collectAssets(value: unknown, names: string[], depth: number): void {
  if (typeof value !== 'object' || value === null || depth > JSON_DEPTH_MAX) return;
  // A live value holds its numbers so, by the million, and none of them is a name.
  if (ArrayBuffer.isView(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    if ((key === 'image_name' || key === 'asset_name') && typeof inner === 'string') names.push(inner);
    else collectAssets(inner, names, depth + 1);
  }
}
