/** A file that holds a graph, a batch, or a whole enqueue body, and what --set makes of it. */

import type { BatchInput } from '../../client/queue.ts';
import type { BatchValue } from '../../contract/queue/batch.ts';
import { type Assignment, AssignmentError, LocalFile } from './assignment.ts';

type Batch = BatchInput['batch'];
type Node = Record<string, unknown>;

/** What a graph names of a stored file. */
export type StoredFile = { image_name: string } | { asset_name: string; content_type: string };
/** Stores a file, or each one in a folder. */
export type StoreFiles = (file: LocalFile) => Promise<StoredFile[]>;

/**
 * Tells the three kinds of document apart by their keys; the service checks everything else. Their `$schema` is for the
 * editor that they are written in.
 */
export function batchOf(file: unknown): BatchInput {
  if (isObject(file)) {
    const { $schema: _, ...document } = file;
    if (isObject(document.batch)) return document as unknown as BatchInput;
    if (isObject(document.graph)) return { batch: document as unknown as Batch };
    if (isObject(document.nodes)) return { batch: { graph: document as unknown as Batch['graph'] } };
  }
  throw new AssignmentError('The file is neither a graph {nodes, edges} nor a batch {graph, data, …}.');
}

/**
 * Single values change the graph; lists become data of the batch, each its own factor of the product. Where the graph
 * has a list, a list is one value: it takes the place of that one.
 */
export async function assign(
  body: BatchInput,
  assignments: readonly Assignment[],
  store: StoreFiles,
): Promise<BatchInput> {
  const batch = structuredClone(body.batch);
  const nodes = batch.graph.nodes as Record<string, Node>;
  const data = [...(batch.data ?? [])];
  for (const assignment of assignments) {
    const node_path = assignment.node ?? nodeWith(nodes, assignment.field);
    const node = Object.hasOwn(nodes, node_path) ? nodes[node_path] : undefined;
    if (node === undefined)
      throw new AssignmentError(`The graph has no node "${node_path}"; it has ${Object.keys(nodes).join(', ')}.`);
    const field_name = assignment.node === null && !Object.hasOwn(node, assignment.field) ? 'value' : assignment.field;
    const varied = data.some((group) =>
      group.some((datum) => datum.node_path === node_path && datum.field_name === field_name),
    );
    if (varied) throw new AssignmentError(`${node_path}.${field_name} is varied already.`);
    const present = node[field_name];
    const values = await stored(assignment.values(present), store);
    const items = Array.isArray(present) && !values.some(Array.isArray) ? [values] : values;
    if (items.length === 1) node[field_name] = items[0];
    else data.push([{ node_path, field_name, items: items as BatchValue[] }]);
  }
  return { ...body, batch: data.length > 0 ? { ...batch, data } : batch };
}

async function stored(
  values: readonly (BatchValue | LocalFile)[],
  store: StoreFiles,
): Promise<(BatchValue | StoredFile)[]> {
  const all: (BatchValue | StoredFile)[] = [];
  for (const value of values) all.push(...(value instanceof LocalFile ? await store(value) : [value]));
  return all;
}

/** The one node that has the field, or a node of that name that holds a value. */
function nodeWith(nodes: Record<string, Node>, field: string): string {
  const found = Object.keys(nodes).filter((id) => Object.hasOwn(nodes[id] ?? {}, field));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (found.length > 1)
    throw new AssignmentError(
      `Several nodes have "${field}"; write ${found.map((id) => `${id}.${field}=…`).join(' or ')}.`,
    );
  if (Object.hasOwn(nodes, field) && Object.hasOwn(nodes[field] ?? {}, 'value')) return field;
  throw new AssignmentError(`No node of the graph has "${field}" set; write node.${field}=….`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
