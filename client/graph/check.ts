/**
 * Judges graphs and batches before they are sent, as the server does: bounds, required inputs, what flows through control
 * nodes. A module of its own, since it needs a catalogue, which a page that only builds graphs does without.
 */
import { zodFaults } from '../../contract/error/faults.ts';
import { checkJson } from '../../contract/error/json-check.ts';
import type { Fault } from '../../contract/error/problem.ts';
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import { Graph } from '../../contract/graph/graph.ts';
import { Batch } from '../../contract/queue/batch.ts';
import { pinBatch } from '../../graph/batch/pin.ts';
import { pinGraph } from '../../graph/validate.ts';
import { type GraphSource, plainGraph } from '../run/graph-source.ts';

/** The faults of a graph by JSON Pointer into it; none when it may be enqueued. */
export function checkGraph(source: GraphSource, catalogue: Catalogue): Fault[] {
  const graph = plainGraph(source);
  const faults = checkJson(graph);
  if (faults.length > 0) return faults;
  const parsed = Graph.safeParse(graph);
  if (!parsed.success) return zodFaults(parsed.error);
  const pinned = pinGraph(parsed.data, catalogue, []);
  return pinned.ok ? [] : pinned.faults;
}

/** The faults of what `batch()` made, of its graph and of what varies, by JSON Pointer into it. */
export function checkBatch(body: { batch: object }, catalogue: Catalogue): Fault[] {
  const faults = checkJson(body);
  if (faults.length > 0) return faults;
  const parsed = Batch.safeParse(body.batch);
  if (!parsed.success) return zodFaults(parsed.error, ['batch']);
  const pinned = pinBatch(parsed.data, catalogue, ['batch']);
  return pinned.ok ? [] : pinned.faults;
}
