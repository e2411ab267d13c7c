/** The bounds of lists, and the inputs that take them. */
import { any, listOf, string } from '../fields.ts';

/** Elements of a list: beyond it an iteration would exceed what a session may prepare anyway. */
export const LIST_ITEMS_MAX = 100_000;

/** A list of anything durable, which any list of numbers, texts, images and so on fits. */
export const list = (description: string) => listOf(any({}), { max_items: LIST_ITEMS_MAX, description });

export const strings = (description: string) => listOf(string({}), { max_items: LIST_ITEMS_MAX, description });

export function refuseLongList(length: number): void {
  if (length > LIST_ITEMS_MAX)
    throw new RangeError(`the collection would have ${length} elements, more than ${LIST_ITEMS_MAX}`);
}
