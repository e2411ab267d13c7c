/**
 * From a request to what the queue's object stores: the graph pinned, every value checked, models named by digest,
 * values cut into chunks. Everything that needs the catalogue or the account is done here, in the Worker, so that
 * the one thread of the object only writes rows.
 */
import { type Fault, pointer } from '../../contract/error/problem.ts';
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import {
  BATCH_STORED_BYTES_MAX,
  ITEM_VALUES_LENGTH_MAX,
  VALUE_CHUNK_BYTES,
  VALUE_ROW_BYTES_MAX,
  WORKFLOW_BYTES_MAX,
} from '../../contract/limits.ts';
import { timestamp } from '../../contract/names.ts';
import type { Batch } from '../../contract/queue/batch.ts';
import { pinBatch } from '../../graph/batch/pin.ts';
import type { BatchGroup } from '../../graph/batch/plan.ts';
import { rowAt } from '../../graph/batch/position.ts';
import { type AssetReference, graphAssets, modelReferences, pinModels, planAssets } from '../../graph/references.ts';
import { requirementOf } from '../../graph/requirement.ts';
import { ProblemError } from '../problem.ts';
import type { CompiledBatch } from '../queue/enqueue.ts';
import { jsonChunks } from '../queue/storage.ts';

/** What the account knows, asked only for what the batch names. */
export interface Account {
  /** key → hashes of its ready versions, the current one first; a key without any is absent. */
  lookupModels(keys: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Those of the names that the caller may use. */
  readableAssets(names: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface EnqueueOptions
  extends Pick<
    CompiledBatch,
    'batch_id' | 'user_id' | 'prepend' | 'allow_partial' | 'lane' | 'traceparent' | 'idempotency'
  > {
  now: number;
  /** The batch's place in the request, such as ['batch']. */
  base: readonly string[];
}

export async function compileBatch(
  batch: Batch,
  catalogue: Catalogue,
  account: Account,
  { base, now, ...options }: EnqueueOptions,
): Promise<CompiledBatch> {
  const times = timesOf(batch, now, base);
  const pinned = pinBatch(batch, catalogue, [...base]);
  if (!pinned.ok) throw invalid(pinned.faults);
  const { plan } = pinned;
  const keys = new Set(modelReferences(pinned.graph, catalogue).map((reference) => reference.key));
  const models = keys.size === 0 ? new Map<string, string[]>() : await account.lookupModels([...keys]);
  const withModels = pinModels(pinned.graph, catalogue, models, [...base, 'graph']);
  if (!withModels.ok) throw invalid(withModels.faults);
  const graph = JSON.stringify(withModels.graph);
  const groups = plan.groups.map((group) => ({
    length: group.length,
    fields: group.fields,
    chunks: [...jsonChunks(rowsOf(group), VALUE_CHUNK_BYTES)],
  }));
  const assets = [
    ...graphAssets(pinned.graph, catalogue).map(({ path, asset_name }) => ({ path: ['graph', ...path], asset_name })),
    ...planAssets(plan, pinned.graph, catalogue),
  ];
  const names = [...new Set(assets.map(({ asset_name }) => asset_name))];
  await checkAssets(account, assets, names, base);
  const workflow = batch.workflow ? JSON.stringify(batch.workflow) : null;
  const tooLarge = sizeFaults(groups, graph, workflow, names, base);
  if (tooLarge.length > 0) throw invalid(tooLarge);
  return {
    ...options,
    origin: batch.origin ?? null,
    destination: batch.destination ?? null,
    priority: batch.priority,
    runs: batch.runs,
    requested: plan.requested,
    groups,
    graph,
    workflow,
    requirement: JSON.stringify(requirementOf(withModels.graph)),
    ...times,
    max_run_seconds: batch.max_run_seconds ?? null,
    assets: names,
  };
}

/** A batch that could only fail is refused instead. */
function timesOf(
  batch: Batch,
  now: number,
  base: readonly string[],
): { start_after: number | null; deadline: number | null } {
  const start_after = batch.start_after ? Date.parse(batch.start_after) : null;
  const deadline = batch.deadline ? Date.parse(batch.deadline) : null;
  if (deadline !== null && deadline <= Math.max(now, start_after ?? 0)) {
    const detail = `The deadline must be ahead, and after start_after; it is now ${timestamp(now)}.`;
    throw invalid([{ pointer: pointer([...base, 'deadline']), code: 'invalid_value', detail }]);
  }
  return { start_after, deadline };
}

const invalid = (errors: Fault[]) =>
  new ProblemError(
    'validation_failed',
    `The batch has ${errors.length === 1 ? 'a fault' : 'faults'}; nothing was enqueued.`,
    {
      errors,
    },
  );

/** What the platform would refuse to carry or to store, said before anything is. */
function sizeFaults(
  groups: CompiledBatch['groups'],
  graph: string,
  workflow: string | null,
  assets: readonly string[],
  base: readonly string[],
): Fault[] {
  const faults: Fault[] = [];
  const complain = (path: (string | number)[], detail: string) =>
    faults.push({ pointer: pointer([...base, ...path]), code: 'too_large', detail });
  if (workflow !== null && bytesOf(workflow) > WORKFLOW_BYTES_MAX)
    complain(['workflow'], `A workflow has at most ${WORKFLOW_BYTES_MAX} bytes.`);
  let longest = 0;
  for (const [index, { chunks }] of groups.entries()) {
    // A row above the size of a chunk stands in one of its own.
    if (chunks.some(({ body }) => body.length * 3 > VALUE_ROW_BYTES_MAX && bytesOf(body) > VALUE_ROW_BYTES_MAX))
      complain(['data', index], `Values that vary together have at most ${VALUE_ROW_BYTES_MAX} bytes; use assets.`);
    longest += Math.max(0, ...chunks.map(({ body }) => body.length));
  }
  if (longest > ITEM_VALUES_LENGTH_MAX)
    complain(['data'], `The values of one item have at most ${ITEM_VALUES_LENGTH_MAX} characters; use assets.`);
  const texts = [...assets, graph, workflow ?? '', ...groups.flatMap(({ chunks }) => chunks.map(({ body }) => body))];
  const carried = texts.reduce((sum, text) => sum + (WIDE.test(text) ? 2 : 1) * text.length, 0);
  if (carried > BATCH_STORED_BYTES_MAX)
    complain([], `A batch has at most ${BATCH_STORED_BYTES_MAX} bytes, this one ${carried}; split it into several.`);
  return faults;
}

const encoder = new TextEncoder();
const bytesOf = (text: string): number => encoder.encode(text).byteLength;

/** A text with one such character takes two bytes for each on the way into the object. */
const WIDE = /[\u0100-\uffff]/;

const rowsOf = (group: BatchGroup) => Array.from({ length: group.length }, (_, position) => rowAt(group, position));

/** Whoever could enqueue with somebody else's asset would read it through the result. */
async function checkAssets(
  account: Account,
  references: readonly AssetReference[],
  names: readonly string[],
  base: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  const readable = await account.readableAssets(names);
  const faults = references
    .filter(({ asset_name }) => !readable.has(asset_name))
    .map(
      ({ path, asset_name }): Fault => ({
        pointer: pointer([...base, ...path]),
        code: 'unknown_asset',
        detail: `There is no asset "${asset_name.slice(0, 64)}", or it is not yours to use; upload it first.`,
      }),
    );
  if (faults.length > 0) throw invalid(faults);
}
