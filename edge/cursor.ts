/** Page cursors: opaque to clients, so that what they hold can change. */
import { ProblemError } from './problem.ts';

/** The last item of a page. */
export const encodeCursor = (item_id: number): string => btoa(`item:${item_id}`).replaceAll('=', '');

export function decodeCursor(cursor: string): number {
  let text = '';
  try {
    text = atob(cursor);
  } catch {
    // Falls through to the refusal: what is not base64 is no cursor of ours.
  }
  const item_id = Number(/^item:(\d{1,15})$/.exec(text)?.[1] ?? Number.NaN);
  if (Number.isSafeInteger(item_id)) return item_id;
  throw new ProblemError('validation_failed', 'The cursor is not one that this service gave.', {
    errors: [{ pointer: '?cursor', code: 'invalid_value', detail: 'Pass next_cursor of the page before, unchanged.' }],
  });
}
