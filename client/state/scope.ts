/** Whose an event is. Only what is one's own moves items, nodes and gallery. @pure */
import type { QueueState, Viewer } from './queue-state.ts';

/**
 * own        the viewer's.
 * foreign    somebody else's, seen whole by an admin.
 * sanitized  somebody else's, with little left in it.
 * hydrating  nobody knows yet: the viewer is not known.
 */
export type Scope = 'own' | 'foreign' | 'sanitized' | 'hydrating';

export function scopeOf(viewer: Viewer | null, user_id: string): Scope {
  if (viewer === null) return 'hydrating';
  if (user_id === viewer.user_id) return 'own';
  return user_id === 'redacted' ? 'sanitized' : 'foreign';
}

/** The viewer's share of ids that are listed by owner. */
export function ownIds({ viewer }: QueueState, byUser: Readonly<Record<string, readonly number[]>>): readonly number[] {
  return viewer !== null && Object.hasOwn(byUser, viewer.user_id) ? (byUser[viewer.user_id] ?? []) : [];
}
