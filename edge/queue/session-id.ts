/** Names that follow from others. @pure */

/** A session's id: one item runs one session, and an item id is never reused in its queue. */
export const sessionId = (queue_id: string, item_id: number): string => `${queue_id}:${item_id}`;

/** The source node of an invocation: its id without the iteration path. */
export function sourceOf(invocation_id: string): string {
  const end = invocation_id.indexOf('#');
  return end === -1 ? invocation_id : invocation_id.slice(0, end);
}
