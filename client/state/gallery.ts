/**
 * Results that a person wants to see, each once, however often and whatever way its news comes: by an event, by a resume,
 * by a read after a snapshot, in a page that was loaded anew. It is plain data, so that it can be kept together with the
 * number of the last event. @pure
 */
import type { GalleryEntry } from './input.ts';

/** Entries that are kept, the newest. */
export const GALLERY_MAX = 500;

export interface Gallery {
  /** Oldest first. */
  entries: readonly GalleryEntry[];
  /** Items that were created up to this one are finished; null before the first item is known. */
  floor: number | null;
  /** Ranges of item ids above the floor that are finished: all of their results stood here, or they have none. */
  finished: readonly (readonly [first: number, last: number])[];
  /** By item: what has stood here, of items that may have more. */
  open: ReadonlyMap<number, ReadonlySet<string>>;
}
