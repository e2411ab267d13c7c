/** Validates a whole batch: its graph and what varies in it, with the faults of both in one answer. */
import type { Fault } from '../../contract/error/problem.ts';
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import type { Batch } from '../../contract/queue/batch.ts';
import { FaultList, type Path } from '../faults.ts';
import type { SuppliedFields } from '../validate/node.ts';
import { pinInto } from '../validate.ts';
import { type BatchPlan, planInto } from './plan.ts';

export type PinBatchResult = { ok: true; graph: PinnedGraph; plan: BatchPlan } | { ok: false; faults: Fault[] };

/** The fields that a batch gives to every item; their nodes may leave them out. */
export function suppliedFields(batch: Batch): SuppliedFields {
  const supplied = new Map<string, Set<string>>();
  for (const { node_path, field_name } of batch.data?.flat() ?? []) {
    const fields = supplied.get(node_path);
    if (fields) fields.add(field_name);
    else supplied.set(node_path, new Set([field_name]));
  }
  return supplied;
}

/** `base` is the batch's place in the request, such as ['batch']. */
export function pinBatch(batch: Batch, catalogue: Catalogue, base: Path): PinBatchResult {
  const faults = new FaultList();
  const graph = pinInto(faults, batch.graph, catalogue, [...base, 'graph'], suppliedFields(batch));
  const unknown = new Set(Object.keys(batch.graph.nodes));
  for (const { id } of graph.nodes) unknown.delete(id);
  const plan = planInto(faults, batch, graph, catalogue, base, unknown);
  return faults.isEmpty ? { ok: true, graph, plan } : { ok: false, faults: faults.faults };
}
