/**
 * What the items of a batch share, read once and kept: labels, nodes and the chunks of values. Rows of a batch
 * never change after its enqueue, except counters, which are not kept here.
 */
import type { GraphNode, PinnedGraph } from '../../contract/graph/graph.ts';
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import { fieldValues, positionsAt } from '../../graph/batch/position.ts';
import type { Sql } from './storage.ts';

export interface ValueGroup {
  length: number;
  fields: { node_path: string; field_name: string }[];
}

export interface BatchRow {
  batch_no: number;
  batch_id: string;
  first_item_id: number;
  /** Items that it was expanded to. */
  enqueued: number;
  user_id: string;
  origin: string | null;
  destination: string | null;
  backlog_no: number;
  created_at: number;
  start_after: number | null;
  deadline: number | null;
  max_run_seconds: number | null;
  traceparent: string | null;
  groups: ValueGroup[];
  /** Characters of its graph as JSON. */
  graph_length: number;
}

const ROWS_KEPT = 1_000;
/** Characters of the graphs that are kept: parsed they take some ten bytes for each. A drained queue touches few. */
const GRAPHS_KEPT_LENGTH = 4_000_000;
/** Chunks of values kept; neighbours in a batch lie in the same chunk. */
const CHUNKS_KEPT = 32;

interface Chunk {
  first: number;
  rows: NodeFieldValue['value'][][];
}

export interface Batch {
  row: BatchRow;
  graph: PinnedGraph;
  nodes: Map<string, GraphNode>;
}

export class Batches {
  readonly #sql: Sql;
  readonly #rows = new Map<number, BatchRow>();
  readonly #batches = new Map<number, Batch>();
  #graphsLength = 0;
  readonly #chunks = new Map<string, Chunk>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Labels and owner; null when there is no such batch. */
  row(batch_no: number): BatchRow | null {
    const kept = this.#rows.get(batch_no);
    if (kept) return kept;
    const found = this.#sql.get<Omit<BatchRow, 'groups'> & { groups: string }>(
      `SELECT batch_no, batch_id, first_item_id, enqueued, user_id, origin, destination, backlog_no, created_at, start_after, deadline, max_run_seconds, traceparent, groups,
         (SELECT LENGTH(body) FROM batch_documents AS graph WHERE graph.batch_no = batches.batch_no AND kind = 'graph') AS graph_length
       FROM batches WHERE batch_no = ?`,
      batch_no,
    );
    if (!found) return null;
    const row = { ...found, groups: JSON.parse(found.groups) as ValueGroup[] };
    remember(this.#rows, batch_no, row, ROWS_KEPT);
    return row;
  }

  /** Labels and owner of a batch that an item belongs to. */
  rowOf(batch_no: number): BatchRow {
    return required(this.row(batch_no), batch_no);
  }

  /** The whole batch that an item belongs to. */
  of(batch_no: number): Batch {
    return required(this.batch(batch_no), batch_no);
  }

  /** The whole batch with its graph; null when there is no such batch. */
  batch(batch_no: number): Batch | null {
    const kept = this.#batches.get(batch_no);
    if (kept) {
      // The one that was asked for longest ago goes first.
      this.#batches.delete(batch_no);
      this.#batches.set(batch_no, kept);
      return kept;
    }
    const row = this.row(batch_no);
    const text = this.document(batch_no, 'graph');
    if (!row || !text) return null;
    const graph = JSON.parse(text) as PinnedGraph;
    const batch = { row, graph, nodes: new Map(graph.nodes.map((node) => [node.id, node])) };
    this.#graphsLength += row.graph_length;
    for (const [oldest, { row: left }] of this.#batches) {
      if (this.#graphsLength <= GRAPHS_KEPT_LENGTH) break;
      this.#batches.delete(oldest);
      this.#graphsLength -= left.graph_length;
    }
    this.#batches.set(batch_no, batch);
    return batch;
  }

  /** The batch is gone, and its number may be another's some day. */
  forget(batch_no: number): void {
    this.#rows.delete(batch_no);
    const kept = this.#batches.get(batch_no);
    if (kept) this.#graphsLength -= kept.row.graph_length;
    this.#batches.delete(batch_no);
    for (const key of this.#chunks.keys()) if (key.startsWith(`${batch_no}/`)) this.#chunks.delete(key);
  }

  document(batch_no: number, kind: 'graph' | 'workflow'): string | null {
    return (
      this.#sql.get<{ body: string }>(
        'SELECT body FROM batch_documents WHERE batch_no = ? AND kind = ?',
        batch_no,
        kind,
      )?.body ?? null
    );
  }

  /** The substitutions of the item at `index` of the batch. */
  values(batch_no: number, index: number): NodeFieldValue[] {
    const { groups } = this.rowOf(batch_no);
    if (groups.length === 0) return [];
    const positions = positionsAt(
      groups.map((group) => group.length),
      index,
    );
    return groups.flatMap((group, group_no) => {
      const position = positions[group_no] ?? 0;
      const chunk = this.#chunk(batch_no, group_no, position);
      return fieldValues(group.fields, chunk.rows[position - chunk.first] ?? []);
    });
  }

  /** A node as submitted, with the substitutions of one item; null when the graph has no such node. */
  node(batch: Batch, index: number, source_id: string): GraphNode | null {
    const node = batch.nodes.get(source_id);
    if (!node) return null;
    const own = this.values(batch.row.batch_no, index).filter((value) => value.node_path === source_id);
    return own.length === 0
      ? node
      : Object.assign({ ...node }, ...own.map(({ field_name, value }) => ({ [field_name]: value })));
  }

  /** A node that an invocation of the item is a copy of; callbacks for unknown nodes are never recorded. */
  nodeOf(batch: Batch, index: number, source_id: string): GraphNode {
    const node = this.node(batch, index, source_id);
    if (node === null) throw new Error(`batch ${batch.row.batch_no} has no node ${source_id}`);
    return node;
  }

  #chunk(batch_no: number, group_no: number, position: number): Chunk {
    // The last chunk read is nearly always the right one; its number stands in the key of the group.
    const key = `${batch_no}/${group_no}`;
    const kept = this.#chunks.get(key);
    if (kept && position >= kept.first && position < kept.first + kept.rows.length) return kept;
    const row = this.#sql.get<{ first: number; body: string }>(
      `SELECT first, body FROM batch_values
       WHERE batch_no = ? AND group_no = ? AND first <= ? ORDER BY first DESC LIMIT 1`,
      batch_no,
      group_no,
      position,
    );
    if (!row) throw new Error(`batch ${batch_no} has no values at ${position} of group ${group_no}`);
    const chunk: Chunk = { first: row.first, rows: JSON.parse(row.body) as Chunk['rows'] };
    remember(this.#chunks, key, chunk, CHUNKS_KEPT);
    return chunk;
  }
}

function required<T>(found: T | null, batch_no: number): T {
  if (found === null) throw new Error(`there is no batch ${batch_no}`);
  return found;
}

/** Keeps at most `limit` entries: the one that was stored first goes first. */
function remember<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > limit) map.delete(map.keys().next().value as K);
}

/** About as many characters as the values have as JSON. */
export function valuesLength(values: readonly NodeFieldValue[]): number {
  let length = 0;
  for (const { value } of values)
    if (Array.isArray(value)) for (const element of value) length += lengthOf(element);
    else length += lengthOf(value);
  return length;
}

const lengthOf = (value: unknown): number => (typeof value === 'string' ? value.length : 24);
