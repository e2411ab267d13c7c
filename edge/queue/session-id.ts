/** A session's id: one item runs one session, and an item id is never reused in its queue. @pure */
export const sessionId = (queue_id: string, item_id: number): string => `${queue_id}:${item_id}`;
