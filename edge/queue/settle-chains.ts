/** What follows for a chain when one of its items ends; carried out in the transaction that ended it. */
import type { ItemError } from '../../contract/queue/item.ts';
import { isFinal } from '../../contract/queue/status.ts';
import { type ItemState, moved } from './callback.ts';
import { cancelItems } from './cancel.ts';
import { chainOf, isWaiting } from './chains.ts';
import { announce, readItems, writeItems } from './items.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

interface Link {
  item_id: number;
  /** null: the item is the root. */
  parent_item_id: number | null;
  root_item_id: number;
}

/**
 * Carries on the chains of items that ended in this transaction: a call whose children have all completed resumes its
 * parent; where a member failed its ancestors fail and the rest is canceled; where one was canceled all are.
 */
export function settleChains(turn: Turn): void {
  const ended = turn.ended.splice(0);
  if (ended.length === 0 || !isWaiting(turn.sql)) return;
  const links = linksOf(
    turn.sql,
    ended.map((item) => item.item_id),
  );
  const broken = new Set<number>();
  const done = new Map<number, Link>();
  for (const item of ended) {
    const link = links.get(item.item_id);
    if (!link) continue;
    if (item.status === 'completed') {
      done.set(item.batch_no, link);
    } else if (!broken.has(link.root_item_id)) {
      broken.add(link.root_item_id);
      breakChain(turn, link.root_item_id, item);
    }
  }
  for (const [batch_no, { parent_item_id, root_item_id }] of done)
    if (parent_item_id !== null && !broken.has(root_item_id) && turn.activeIn(batch_no) === 0)
      resume(turn, parent_item_id);
  // What moved just now has nothing active left in its chain.
  turn.ended.length = 0;
}

/** The place of items in their chains; a root has no parent, and is its own root. */
function linksOf(sql: Sql, item_ids: readonly number[]): Map<number, Link> {
  const rows = sql.each<Link>(
    `SELECT item_id, parent_item_id, root_item_id FROM json_each(?1) JOIN item_links ON item_id = value
     WHERE root_item_id IS NOT NULL
     UNION ALL
     SELECT value, NULL, value FROM json_each(?1) WHERE EXISTS (SELECT 1 FROM item_links WHERE root_item_id = value)`,
    item_ids,
  );
  return new Map(rows.map((row) => [row.item_id, row]));
}

function resume(turn: Turn, parent_item_id: number): void {
  const parent = readItems(turn.sql, [parent_item_id]).get(parent_item_id);
  if (parent?.status !== 'waiting') return;
  const after = moved(parent, 'resume', turn.now);
  announce(turn, parent, after);
  writeItems(turn, [after]);
}

/** A member of the chain did not complete: nothing of the chain stays active. */
function breakChain(turn: Turn, root_item_id: number, because: ItemState): void {
  const active = chainOf(turn.sql, root_item_id).filter((item) => !isFinal(item.status));
  const failing = because.status === 'failed' ? ancestors(turn.sql, because.item_id) : [];
  const rank = new Map(failing.map((item_id, index) => [item_id, index]));
  cancelItems(
    turn,
    active.filter((item) => !rank.has(item.item_id)),
  );
  const error = childError(because);
  const after = active
    .filter((item) => rank.has(item.item_id))
    .sort((a, b) => (rank.get(a.item_id) ?? 0) - (rank.get(b.item_id) ?? 0))
    .map((item) => {
      const next = { ...moved(item, 'fail', turn.now), error };
      announce(turn, item, next);
      return next;
    });
  writeItems(turn, after);
}

/** The parent first, the root last. */
const ancestors = (sql: Sql, item_id: number): number[] =>
  sql
    .all<{ item_id: number }>(
      `WITH RECURSIVE above (item_id, depth) AS (
         SELECT parent_item_id, 1 FROM item_links WHERE item_id = ?1 AND parent_item_id IS NOT NULL
         UNION ALL
         SELECT links.parent_item_id, depth + 1 FROM above JOIN item_links AS links ON links.item_id = above.item_id
         WHERE links.parent_item_id IS NOT NULL)
       SELECT item_id FROM above ORDER BY depth`,
      item_id,
    )
    .map((row) => row.item_id);

/** A parent fails with what its child failed with, which says what to mend. */
const childError = ({ item_id, error }: ItemState): ItemError => ({
  error_type: error?.error_type ?? 'ProcessorError',
  error_message: `Child item ${item_id} failed: ${error?.error_message ?? 'no reason was given'}`,
  error_traceback: error?.error_traceback ?? null,
});
