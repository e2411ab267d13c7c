/** The bounds of lists, and the inputs that take them. */
import { LIST_ITEMS_MAX, TEXT_LENGTH_MAX } from '../bounds.ts';
import { any, listOf, string } from '../fields.ts';

/** A list of anything durable, which any list of numbers, texts, images and so on fits. */
export const list = (description: string) => listOf(any({}), { max_items: LIST_ITEMS_MAX, description });

/** An element of a list of texts. */
export const TEXT = string({ max_length: TEXT_LENGTH_MAX });

export const strings = (description: string) => listOf(TEXT, { max_items: LIST_ITEMS_MAX, description });

export function refuseLongList(length: number): void {
  if (length > LIST_ITEMS_MAX)
    throw new RangeError(`the collection would have ${length} elements, more than ${LIST_ITEMS_MAX}`);
}
