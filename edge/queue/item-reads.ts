/**
 * Reads of items that are known by their ids: whole, with what their sessions are rebuilt from, or as rows of a list.
 * The session itself is replayed outside the object.
 */
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import { SESSION_SHOWN_LENGTH_MAX } from '../../contract/limits.ts';
import type { InvocationRecord, ItemSummary } from '../../contract/queue/item.ts';
import { maySee, type Principal } from '../../contract/store/key.ts';
import { ANSWER_LENGTH_MAX } from './answer.ts';
import { valuesLength } from './batches.ts';
import { invocationRecords, RECORD_LENGTH } from './invocation-reads.ts';
import { itemNotFound } from './item-access.ts';
import { ITEM_VIEW, type ItemViewRow, itemSummary, VISIBLE } from './item-view.ts';
import { redact } from './redact.ts';
import type { Sql } from './storage.ts';
import type { QueueContext } from './turn.ts';

/** What the sessions of a batch have in common. */
export interface BatchDocuments {
  graph: PinnedGraph;
  workflow: Record<string, unknown> | null;
}

export interface SessionRecords {
  batch_no: number;
  /** How many invocations are recorded. */
  invocations: number;
  /** null when the session is too large to be shown with them: they are read by pages. */
  records: InvocationRecord[] | null;
}

/** `session` is null for those who may not see the item whole. */
export interface ItemDetail {
  summary: ItemSummary;
  session: SessionRecords | null;
}

export interface ItemDetails {
  items: ItemDetail[];
  /** By `batch_no`: those of the sessions, each once. */
  documents: Record<number, BatchDocuments>;
  /** Ids whose rows cannot be read, which is a defect: they are left out, and the others are shown. */
  unreadable: number[];
  /** How many of the wanted ids were looked at; the others are for the next call. */
  taken: number;
}

/** Characters of a summary's JSON besides its values. */
const SUMMARY_LENGTH = 1_000;

/** Characters that a session shows of an invocation besides its result: a small node, and where it belongs. */
const INVOCATION_SHOWN_LENGTH = 600;

const viewRow = (sql: Sql, item_id: number): ItemViewRow => {
  const row = sql.get<ItemViewRow>(`${ITEM_VIEW} WHERE ${VISIBLE} AND items.item_id = ?`, item_id);
  if (!row) throw itemNotFound(item_id);
  return row;
};

/** The item as its owner sees it. */
export const readSummary = ({ sql, queue_id, batches }: QueueContext, item_id: number): ItemSummary =>
  itemSummary(queue_id, batches, viewRow(sql, item_id));

/** An item with all that it shows. */
export interface WholeItem {
  summary: ItemSummary;
  session: (SessionRecords & BatchDocuments) | null;
}

/** One item; its graph and results are left out for those who may not see them. */
export function readItem(context: QueueContext, principal: Principal, item_id: number): WholeItem {
  const details = new Details(context, principal);
  return wholeItem(details.read(viewRow(context.sql, item_id)), details.documents);
}

export function wholeItem({ summary, session }: ItemDetail, documents: ItemDetails['documents']): WholeItem {
  const found = session && documents[session.batch_no];
  return { summary, session: session && found ? { ...session, ...found } : null };
}

/** An item that runs, the one with the lowest id; null when none does. */
export function readCurrent(context: QueueContext, principal: Principal): WholeItem | null {
  const current = context.sql.get<{ item_id: number }>(
    `SELECT MIN(item_id) AS item_id FROM items INDEXED BY items_leased
     WHERE runner_no IS NOT NULL AND status = 'in_progress' HAVING MIN(item_id) IS NOT NULL`,
  );
  return current && readItem(context, principal, current.item_id);
}

export interface ItemsQuery {
  /** In the order in which they are shown. */
  item_ids: readonly number[];
  /** Without sessions and workflows. */
  summaries: boolean;
}

/** The items that there are, as many as an answer carries. */
export function readItemsByIds(
  context: QueueContext,
  principal: Principal,
  { item_ids, summaries }: ItemsQuery,
): ItemDetails {
  const rows = new Map(
    context.sql
      .each<ItemViewRow>(
        `${ITEM_VIEW} WHERE ${VISIBLE} AND items.item_id IN (SELECT value FROM json_each(?1))`,
        item_ids,
      )
      .map((row) => [row.item_id, row]),
  );
  const details = new Details(context, principal, summaries);
  let taken = 0;
  for (const item_id of item_ids) {
    const row = rows.get(item_id);
    if (row && !details.tryAdd(row)) break;
    taken++;
  }
  return { ...details, taken };
}

/** Items as they are gathered for one answer. */
class Details implements Omit<ItemDetails, 'taken'> {
  readonly items: ItemDetail[] = [];
  readonly documents: Record<number, BatchDocuments> = {};
  readonly unreadable: number[] = [];
  readonly #context: QueueContext;
  readonly #principal: Principal;
  readonly #summaries: boolean;
  #length = 0;

  constructor(context: QueueContext, principal: Principal, summaries = false) {
    this.#context = context;
    this.#principal = principal;
    this.#summaries = summaries;
  }

  /** False when it does not fit the answer any more. An item that cannot be read costs the others nothing. */
  tryAdd(row: ItemViewRow): boolean {
    try {
      const before = this.#length;
      const detail = this.read(row);
      if (before > 0 && this.#length > ANSWER_LENGTH_MAX) return false;
      this.items.push(detail);
    } catch {
      this.unreadable.push(row.item_id);
    }
    return true;
  }

  read(row: ItemViewRow): ItemDetail {
    const { queue_id, batches } = this.#context;
    const summary = itemSummary(queue_id, batches, row);
    if (!maySee(this.#principal, row.user_id)) {
      this.#length += SUMMARY_LENGTH;
      return { summary: redact(summary), session: null };
    }
    const values = valuesLength(summary.field_values);
    this.#length += SUMMARY_LENGTH + values;
    return { summary, session: this.#summaries ? null : this.#session(row, values) };
  }

  #session({ item_id, batch_no, results, result_bytes }: ItemViewRow, values: number): SessionRecords {
    const { sql, batches } = this.#context;
    const { graph_length } = batches.rowOf(batch_no);
    if (!(batch_no in this.documents)) {
      const workflow = batches.document(batch_no, 'workflow');
      this.documents[batch_no] = {
        graph: batches.of(batch_no).graph,
        workflow: workflow === null ? null : (JSON.parse(workflow) as Record<string, unknown>),
      };
      this.#length += graph_length + (workflow?.length ?? 0);
    }
    // The session shows its graph twice: as it was submitted, and with a node for each invocation.
    const shown = 2 * (graph_length + values) + result_bytes + results * INVOCATION_SHOWN_LENGTH;
    if (shown > SESSION_SHOWN_LENGTH_MAX) return { batch_no, invocations: results, records: null };
    this.#length += result_bytes + results * RECORD_LENGTH;
    const records = results === 0 ? [] : invocationRecords(sql, batches, { item_id, batch_no });
    return { batch_no, invocations: results, records };
  }
}
