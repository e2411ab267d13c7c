/** The bounds of the text nodes, their inputs, and texts put together without exceeding them. */
import { TEXT_LENGTH_MAX } from '../bounds.ts';
import { string } from '../fields.ts';

/** Characters to search for: the search of a long text in a long text costs their product. */
export const SEARCH_LENGTH_MAX = 1_000;

/** Characters of a text that is to be read as a number. */
export const NUMBER_LENGTH_MAX = 100;

export const text = (description: string) => string({ default: '', max_length: TEXT_LENGTH_MAX, description });

/** A text that may have many lines. */
export const longText = (description: string) =>
  string({ default: '', max_length: TEXT_LENGTH_MAX, description, ui: { component: 'textarea' } });

export const searchText = (description: string) => string({ default: '', max_length: SEARCH_LENGTH_MAX, description });

/** `what` is too long and `remedy` what to do about it, for texts that are not one put together of others. */
export function refuseLongText(length: number, what = 'the text', remedy = 'give it less to put together'): void {
  if (length > TEXT_LENGTH_MAX)
    throw new RangeError(`${what} would be longer than ${TEXT_LENGTH_MAX} characters: ${remedy}`);
}

/** The parts with `separator` between them; throws a RangeError before it makes a text that is too long. */
export function joined(parts: readonly string[], separator = ''): string {
  refuseLongText(
    parts.reduce((length, part) => length + part.length, separator.length * Math.max(0, parts.length - 1)),
  );
  return parts.join(separator);
}
