/** Side effects apart from node states: whatever those say, a result and a failure are told exactly once. @pure */
import type { ItemError } from '../../contract/queue/item.ts';
import type { GalleryEntry } from './gallery.ts';
import { told, withEntry } from './gallery.ts';
import type { Turn } from './turn.ts';

/** `sequence`: of the event that brought it; null when it was read. */
export function tellResult(turn: Turn, entry: GalleryEntry, sequence: number | null): void {
  const gallery = told(turn.state.gallery, entry, 'result', sequence);
  if (gallery === null) return;
  turn.set({ gallery: withEntry(gallery, entry) });
  turn.tell({ type: 'result', entry });
}

interface Failure {
  item_id: number;
  invocation_id: string;
  origin: string | null;
  error: ItemError;
}

export function tellFailure(turn: Turn, failure: Failure, sequence: number | null): void {
  const gallery = told(turn.state.gallery, failure, 'failure', sequence);
  if (gallery === null) return;
  turn.set({ gallery });
  turn.tell({ type: 'node_failed', ...failure });
}
