/** Who may act on an item, or see it whole: its owner and admins. That it is there, everybody may know. */
import { maySee, type Principal } from '../../contract/store/key.ts';
import { Refusal } from './refusal.ts';

export const itemNotFound = (item_id: number): Refusal => new Refusal('not_found', `The queue has no item ${item_id}.`);

export const notTheirs = (item_id: number): Refusal =>
  new Refusal('forbidden', `Item ${item_id} belongs to somebody else.`);

/** The item that was found by its id, for a caller who may see it whole. */
export function theirs<Item extends { user_id: string }>(
  principal: Principal,
  item_id: number,
  found: Item | null | undefined,
): Item {
  if (!found) throw itemNotFound(item_id);
  if (!maySee(principal, found.user_id)) throw notTheirs(item_id);
  return found;
}
