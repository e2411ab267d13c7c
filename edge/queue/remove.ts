/**
 * Delete, clear and prune. What is removed is final by then, leaves every counter and read at once, and its row stays,
 * hidden, while the log still speaks of it (schema.ts). A chain goes as a whole: no parent loses a child that it may
 * still need, and no child its parent.
 */
import type { DeletedResult } from '../../contract/queue/queue.ts';
import { isFinal, STATUS_NAMES } from '../../contract/queue/status.ts';
import type { Principal } from '../../contract/store/key.ts';
import { cancelItems, cancelRanges } from './cancel.ts';
import { callsOf, chainOf, childrenInUse, rootOf } from './chains.ts';
import { exceptCurrent } from './current.ts';
import type { Fact } from './fact.ts';
import { theirs } from './item-access.ts';
import { readItems } from './items.ts';
import {
  batchesIn,
  FINAL,
  type ItemRange,
  itemsOf,
  perEvent,
  rangesOf,
  reach,
  sizeOf,
  spansOf,
  without,
} from './selection.ts';
import type { Turn } from './turn.ts';

/** Removes the item's chain, which has one owner; canceled first where it is active. */
export function deleteItem(turn: Turn, principal: Principal, item_id: number): null {
  theirs(principal, item_id, readItems(turn.sql, [item_id]).get(item_id));
  const chain = chainOf(turn.sql, rootOf(turn.sql, item_id));
  cancelItems(turn, chain);
  remove(turn, canceled(rangesOf(chain)), 'pruned');
  return null;
}

/** Removes everything for the destination, whatever its status; what was active is canceled first. */
export function deleteByDestination(turn: Turn, principal: Principal, destination: string): DeletedResult {
  const batch_nos = batchesIn(turn.sql, { ...reach(principal), destination }, STATUS_NAMES);
  const ranges = itemsOf(turn.sql, batch_nos, STATUS_NAMES);
  cancelRanges(turn, ranges);
  return { deleted: remove(turn, canceled(ranges), 'pruned') };
}

/** Cancels and removes what waits for its turn, with all of its chains; what has ended otherwise stays. */
export function deleteAllExceptCurrent(turn: Turn, principal: Principal): DeletedResult {
  const idle = exceptCurrent(turn.sql, reach(principal));
  const ended = itemsOf(turn.sql, callsOf(turn.sql, idle), FINAL);
  cancelRanges(turn, idle);
  const ranges = [...canceled(idle), ...ended].sort((a, b) => a.first - b.first);
  return { deleted: remove(turn, ranges, 'pruned') };
}

/** Removes everything: of a caller who is no admin, their own. */
export function clear(turn: Turn, principal: Principal): DeletedResult {
  const scope = reach(principal);
  const ranges = itemsOf(turn.sql, batchesIn(turn.sql, scope, STATUS_NAMES), STATUS_NAMES);
  cancelRanges(turn, ranges, 'unannounced');
  return { deleted: remove(turn, canceled(ranges), ['cleared', scope.user_id]) };
}

/** Removes what has ended; the children of a chain that still runs have not ended in that sense. */
export function prune(turn: Turn, principal: Principal): DeletedResult {
  const ended = itemsOf(turn.sql, batchesIn(turn.sql, reach(principal), FINAL), FINAL);
  return { deleted: remove(turn, without(ended, childrenInUse(turn.sql)), 'pruned') };
}

/** The ranges as they are once what was active of them has been canceled. */
const canceled = (ranges: readonly ItemRange[]): ItemRange[] =>
  ranges.map((range) => (isFinal(range.status) ? range : { ...range, status: 'canceled' }));

/** Removes final items, whose ranges are in the order of their ids; each event names them unless one says it of all. */
export function remove(
  turn: Turn,
  ranges: readonly ItemRange[],
  told: 'pruned' | Extract<Fact, ['cleared', ...unknown[]]>,
): number {
  if (ranges.length === 0) return 0;
  const spans = spansOf(ranges);
  turn.sql.each(
    'UPDATE items SET deleted = 1 FROM json_each(?1) AS range WHERE item_id BETWEEN range.value->>0 AND range.value->>1',
    spans,
  );
  for (const range of ranges) turn.move(range, range.status, null, sizeOf([range]));
  for (const span of spans) turn.removed.push(span);
  if (told === 'pruned') for (const part of perEvent(ranges)) turn.facts.push(['pruned', part]);
  else turn.facts.push(told);
  return sizeOf(ranges);
}
