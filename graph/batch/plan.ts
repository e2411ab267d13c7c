/**
 * Plans a batch (D1): checks what varies and counts the sessions, without enumerating them. An item's values follow
 * from its index in the batch, see position.ts.
 */
import type { Fault } from '../../contract/error/problem.ts';
import type { Catalogue, InputField } from '../../contract/graph/catalogue.ts';
import type { GraphNode, PinnedGraph } from '../../contract/graph/graph.ts';
import { BATCH_DATA_MAX, BATCH_ITEMS_MAX } from '../../contract/limits.ts';
import type { Batch, BatchDatum, BatchValue } from '../../contract/queue/batch.ts';
import { inputOf, nodeTypeOf } from '../catalogue.ts';
import { FaultList, type Path } from '../faults.ts';
import { type Connections, connectionsOf } from '../validate/connection.ts';
import { unknownField } from '../validate/node.ts';
import { checkItems } from './item.ts';

export interface BatchField {
  node_path: string;
  field_name: string;
}

/** Fields that vary together (a zip). */
export interface BatchGroup {
  /** How many rows it has. */
  length: number;
  fields: BatchField[];
  /** By field, then by row: `items[f][row]`. With defaults filled in; otherwise the very arrays of the request. */
  items: BatchValue[][];
}

export interface BatchPlan {
  runs: number;
  /** Sessions: runs × the product of the groups' lengths. */
  requested: number;
  /** The first varies slowest, the last fastest. */
  groups: BatchGroup[];
}

export type PlanResult = { ok: true; plan: BatchPlan } | { ok: false; faults: Fault[] };

/** `base` is the batch's place in the request, such as ['batch']; `pinned` is its graph. */
export function planBatch(batch: Batch, pinned: PinnedGraph, catalogue: Catalogue, base: Path): PlanResult {
  const faults = new FaultList();
  const plan = planInto(faults, batch, pinned, catalogue, base);
  return faults.isEmpty ? { ok: true, plan } : { ok: false, faults: faults.faults };
}

/** The same, adding to `faults`. Nodes in `unknown` have faults of their own already: what varies them is not judged. */
export function planInto(
  faults: FaultList,
  batch: Batch,
  pinned: PinnedGraph,
  catalogue: Catalogue,
  base: Path,
  unknown: ReadonlySet<string> = new Set(),
): BatchPlan {
  const targets = new Targets(pinned, catalogue, unknown, faults);
  const varied = (batch.data ?? []).reduce((sum, data) => sum + data.length, 0);
  if (varied > BATCH_DATA_MAX)
    faults.add(
      [...base, 'data'],
      'too_large',
      `A batch varies at most ${BATCH_DATA_MAX} fields, this one ${varied}; put what does not vary into the graph.`,
    );
  const groups = (batch.data ?? []).map((data, index) => planGroup(data, targets, [...base, 'data', index], faults));
  const requested = product(batch.runs, groups);
  if (requested > BATCH_ITEMS_MAX)
    faults.add(
      [...base, 'data'],
      'too_large',
      `A batch expands to at most ${BATCH_ITEMS_MAX} items; split it into several.`,
    );
  return { runs: batch.runs, requested, groups };
}

/** An empty group makes it 0, however large the others are; beyond 2^53 it is only known to be too large. */
function product(runs: number, groups: readonly BatchGroup[]): number {
  if (groups.some(({ length }) => length === 0)) return 0;
  return groups.reduce((total, { length }) => total * length, runs);
}

function planGroup(data: readonly BatchDatum[], targets: Targets, path: Path, faults: FaultList): BatchGroup {
  const length = data[0]?.items.length ?? 0;
  const group: BatchGroup = { length, fields: [], items: [] };
  data.forEach((datum, index) => {
    const place = [...path, index];
    const { node_path, field_name, items } = datum;
    if (items.length !== length)
      faults.add(
        [...place, 'items'],
        'batch_length_mismatch',
        `Items that vary together must all have the same length: the first of this group has ${length}, this has ${items.length}.`,
      );
    const input = targets.find(datum, place);
    group.fields.push({ node_path, field_name });
    group.items.push(checkItems(items, input, [...place, 'items'], faults));
  });
  return group;
}

/** The inputs that a batch may vary, each once. */
class Targets {
  readonly #nodes: Map<string, GraphNode>;
  readonly #connections: Connections;
  readonly #catalogue: Catalogue;
  readonly #unknown: ReadonlySet<string>;
  readonly #faults: FaultList;
  readonly #varied = new Map<string, Set<string>>();

  constructor(pinned: PinnedGraph, catalogue: Catalogue, unknown: ReadonlySet<string>, faults: FaultList) {
    this.#nodes = new Map(pinned.nodes.map((node) => [node.id, node]));
    this.#connections = connectionsOf(pinned.edges);
    this.#catalogue = catalogue;
    this.#unknown = unknown;
    this.#faults = faults;
  }

  /** Undefined, with its faults, when the values cannot go there. */
  find({ node_path, field_name }: BatchDatum, path: Path): InputField | undefined {
    this.#checkOnce(node_path, field_name, path);
    if (this.#unknown.has(node_path)) return undefined;
    const node = this.#nodes.get(node_path);
    const nodeType = node && nodeTypeOf(this.#catalogue, node.type);
    if (nodeType === undefined) {
      const hint = this.#faults.suggest(node_path, this.#nodes.keys());
      this.#faults.add([...path, 'node_path'], 'unknown_node', `Node "${node_path}" not found in graph.${hint}`);
      return undefined;
    }
    const place = [...path, 'field_name'];
    const input = inputOf(nodeType, field_name);
    if (input === undefined) {
      this.#faults.add(
        place,
        'unknown_field',
        `Field "${field_name}" not found in node "${node_path}". ${unknownField(nodeType, field_name, this.#faults)}`,
      );
      return undefined;
    }
    if (this.#connections.get(node_path)?.has(field_name))
      this.#faults.add(
        place,
        'edge_occupied',
        `"${node_path}.${field_name}" gets its value along an edge; remove the edge, or vary another field.`,
      );
    else if (input.input === 'connection')
      this.#faults.add(
        place,
        'invalid_value',
        `"${node_path}.${field_name}" takes its value along an edge only; vary another field.`,
      );
    return input;
  }

  #checkOnce(node: string, field: string, path: Path): void {
    const fields = this.#varied.get(node);
    if (fields === undefined) this.#varied.set(node, new Set([field]));
    else if (!fields.has(field)) fields.add(field);
    else
      this.#faults.add(
        [...path, 'field_name'],
        'batch_duplicate_field',
        `"${node}.${field}" is varied twice in this batch; each field may be varied once.`,
      );
  }
}
