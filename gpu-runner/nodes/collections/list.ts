/** The bounds of lists, and the inputs that take them. */
import { any, listOf, string } from '../fields.ts';
import { TEXT_LENGTH_MAX } from '../strings/text.ts';

/** Elements of a list: beyond it an iteration would exceed what a session may prepare anyway. */
export const LIST_ITEMS_MAX = 100_000;

/** A list of anything durable, which any list of numbers, texts, images and so on fits. */
export const list = (description: string) => listOf(any({}), { max_items: LIST_ITEMS_MAX, description });

/** An element of a list of texts. */
export const TEXT = string({ max_length: TEXT_LENGTH_MAX });

export const strings = (description: string) => listOf(TEXT, { max_items: LIST_ITEMS_MAX, description });

export function refuseLongList(length: number): void {
  if (length > LIST_ITEMS_MAX)
    throw new RangeError(`the collection would have ${length} elements, more than ${LIST_ITEMS_MAX}`);
}
