/**
 * Makes a graph of ours of what InvokeAI saved: a workflow of its editor, a graph, a batch or a session of its queue.
 * What cannot be taken along is listed, each with what to do; docs/importing.md says what is shared. @pure
 */
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import type { Graph } from '../../contract/graph/graph.ts';
import type { BatchDatum } from '../../contract/queue/batch.ts';
import { withoutBatches } from './batches.ts';
import { type Draft, Findings, type Unmapped } from './draft.ts';
import { goneFrom } from './gone.ts';
import { renamed } from './node-names.ts';
import { readDocument } from './read-document.ts';
import type { ModelKeys } from './references.ts';
import { withoutBypassed } from './reroute.ts';
import { settled } from './settle.ts';
import { translated } from './translate.ts';

export interface ImportOptions {
  /** InvokeAI's name or key of a model → the key of a model of the store. */
  models?: ModelKeys;
  /** Node ids made of labels and types in place of InvokeAI's own, which are long and say nothing. */
  readable_ids?: boolean;
}

export interface Imported {
  /** Validates against the catalogue, unless something required is unmapped. */
  graph: Graph;
  /** What varies, when something does: outer list product, inner list zip. */
  data?: BatchDatum[][];
  runs?: number;
  /** InvokeAI's id of each node that is in the graph → its id there. */
  ids: Record<string, string>;
  unmapped: Unmapped[];
  /** What is worth knowing and needs nothing to be done. */
  notes: string[];
}

/**
 * `document` is parsed JSON; readSaved makes it from the bytes of a file or an image. Throws ImportError, with a
 * pointer into the document, when it is none of InvokeAI's; never anything else.
 */
export function importInvokeai(document: unknown, catalogue: Catalogue, options: ImportOptions = {}): Imported {
  const findings = new Findings();
  const read = readDocument(document, (text) => findings.note(text));
  const draft = withoutBypassed(withoutBatches(renamed(read, options.readable_ids ?? false), findings), findings);
  const result = translated(draft, goneFrom(draft, catalogue, findings), catalogue, options.models ?? {}, findings);
  const graph = settled(result, catalogue, findings);
  if (result.nodes.size > 0 && [...result.nodes.values()].every((node) => node.draft.is_intermediate))
    findings.note(
      'Every node is intermediate, so that a session returns nothing: set "is_intermediate" of one to false.',
    );
  return {
    graph,
    ...(result.data.length > 0 ? { data: dataOf(result.data) } : {}),
    ...(read.runs > 1 ? { runs: read.runs } : {}),
    ids: Object.fromEntries([...result.nodes.values()].map(({ draft: { invokeai_id, id } }) => [invokeai_id, id])),
    unmapped: findings.unmapped,
    notes: findings.notes,
  };
}

const dataOf = (data: Draft['data']): BatchDatum[][] =>
  data.map((group) =>
    group.map(({ node, field, items }) => ({
      node_path: node,
      field_name: field,
      items: items as BatchDatum['items'],
    })),
  );
