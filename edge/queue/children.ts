/**
 * A workflow call: the item that makes it waits, and child items run what it calls. They are a batch of their own, whose
 * graph is stored once however many they are (docs/decisions/0012), and belong to whom and to where their parent does.
 */
import { WORKFLOW_CALL_DEPTH_MAX } from '../../contract/limits.ts';
import { type ItemState, moved } from './callback.ts';
import { type CompiledBatch, type EnqueuedBatch, enqueue } from './enqueue.ts';
import { itemNotFound } from './item-access.ts';
import { announce, readItems, writeItems } from './items.ts';
import { Refusal } from './refusal.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

export interface WorkflowCall {
  /** The item that calls, under its latest lease. */
  item_id: number;
  fence: number;
  token: string;
  workflow_call_id: string;
  /** What the children run; whose they are, and in which order, follows from the parent. */
  batch: CompiledBatch;
}

export type Children = Pick<EnqueuedBatch, 'batch_id' | 'enqueued' | 'first_item_id'>;

/** What a call inherits from the item that makes it. */
interface Caller {
  priority: number;
  lane: number;
  depth: number | null;
  root_item_id: number | null;
}

/** The same call again is answered as the first time; without room for all children nothing changes. */
export function enqueueChildren(turn: Turn, call: WorkflowCall): Children {
  const { sql, batches } = turn;
  const parent = calling(sql, call);
  const before = madeBefore(sql, call);
  if (before) return before;
  if (parent.status !== 'in_progress' || parent.runner_no === null)
    throw new Refusal('conflict', `Item ${parent.item_id} does not run; only a session that runs calls a workflow.`);
  const { priority, lane, depth, root_item_id } = sql.one<Caller>(
    `SELECT items.priority, backlogs.lane, links.workflow_call_depth AS depth, links.root_item_id
     FROM items JOIN backlogs USING (backlog_no) LEFT JOIN item_links AS links ON links.item_id = items.item_id
     WHERE items.item_id = ?`,
    parent.item_id,
  );
  const below = (depth ?? 0) + 1;
  if (below > WORKFLOW_CALL_DEPTH_MAX)
    throw new Refusal('validation_failed', `Workflow calls are at most ${WORKFLOW_CALL_DEPTH_MAX} deep.`);
  if (call.batch.requested < 1)
    throw new Refusal('validation_failed', 'A workflow call without a child would never end.');
  // Its results stay, and the call is progress: the start that follows it is not held against the item.
  const waiting = { ...moved(parent, 'suspend', turn.now), charged: 0 };
  announce(turn, parent, waiting);
  writeItems(turn, [waiting]);
  const { user_id, origin, destination, traceparent } = batches.rowOf(parent.batch_no);
  const { batch_id, enqueued, first_item_id } = enqueue(turn, {
    ...call.batch,
    ...{ user_id, origin, destination, traceparent, priority, lane },
    ...{ prepend: false, allow_partial: false, start_after: null, deadline: null, idempotency: null },
  });
  const { batch_no } = sql.one<{ batch_no: number }>('SELECT batch_no FROM batches WHERE batch_id = ?', batch_id);
  sql.all(
    `INSERT INTO item_links (item_id, parent_item_id, root_item_id, workflow_call_id, workflow_call_depth)
     SELECT item_id, ?3, ?4, ?5, ?6 FROM items WHERE item_id BETWEEN ?1 AND ?2`,
    first_item_id,
    first_item_id + enqueued - 1,
    parent.item_id,
    root_item_id ?? parent.item_id,
    call.workflow_call_id,
    below,
  );
  for (let item_id = first_item_id; item_id < first_item_id + enqueued; item_id++)
    turn.facts.push(['status', item_id, batch_no, 'pending', 0, null]);
  return { batch_id, enqueued, first_item_id };
}

/** The item under the lease that the call quotes. */
function calling(sql: Sql, { item_id, fence, token }: WorkflowCall): ItemState {
  const item = readItems(sql, [item_id]).get(item_id);
  if (!item) throw itemNotFound(item_id);
  if (item.fence !== fence || item.token !== token)
    throw new Refusal('conflict', `The item’s latest lease is number ${item.fence}; stop this session.`);
  return item;
}

/** The children of a call that was made before. */
const madeBefore = (sql: Sql, { item_id, workflow_call_id }: WorkflowCall): Children | null =>
  sql.get<Children & Record<string, string | number>>(
    `SELECT batches.batch_id, batches.enqueued, batches.first_item_id
     FROM item_links AS links JOIN items ON items.item_id = links.item_id JOIN batches ON batches.batch_no = items.batch_no
     WHERE links.parent_item_id = ? AND links.workflow_call_id = ? LIMIT 1`,
    item_id,
    workflow_call_id,
  );
