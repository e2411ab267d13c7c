/** A batch's substitutions, sorted by the node that they go into. */
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import type { Substitutions } from './hydrate.ts';
import type { PreparedGraph } from './prepared-graph.ts';

/** Node index → its substitutions; undefined when there are none, which most sessions of one graph share. */
export type SubstitutionsByNode = ReadonlyMap<number, Substitutions> | undefined;

/** Throws on a node or field that the graph lacks: the batch was checked when it was enqueued. */
export function substitutionsByNode(graph: PreparedGraph, values: readonly NodeFieldValue[]): SubstitutionsByNode {
  if (values.length === 0) return undefined;
  const byNode = new Map<number, Map<string, unknown>>();
  for (const { node_path, field_name, value } of values) {
    const index = graph.indexOf.get(node_path);
    if (index === undefined || !graph.nodes[index]?.inputs.some(({ name }) => name === field_name))
      throw new Error(`the graph has no field "${node_path}.${field_name}" to substitute`);
    const fields = byNode.get(index);
    if (fields) fields.set(field_name, value);
    else byNode.set(index, new Map([[field_name, value]]));
  }
  return byNode;
}
