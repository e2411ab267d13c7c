/** Page cursors: opaque to clients, so that what they hold can change. */
import { ProblemError } from './problem.ts';

/** The number of the last thing that a page looked at: an item's id, or an invocation's ordinal. */
export const encodeCursor = (last: number): string => btoa(`after:${last}`).replaceAll('=', '');

export function decodeCursor(cursor: string): number {
  let text = '';
  try {
    text = atob(cursor);
  } catch {
    // Falls through to the refusal: what is not base64 is no cursor of ours.
  }
  const last = Number(/^after:(\d{1,15})$/.exec(text)?.[1] ?? Number.NaN);
  if (Number.isSafeInteger(last)) return last;
  throw new ProblemError('validation_failed', 'The cursor is not one that this service gave.', {
    errors: [{ pointer: '?cursor', code: 'invalid_value', detail: 'Pass next_cursor of the page before, unchanged.' }],
  });
}
