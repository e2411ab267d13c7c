/**
 * Results that a person wants to see, each once, however often and whatever way its news comes: by an event, by a resume,
 * by a read after a snapshot, in a page that was loaded anew. It is plain data, so that it can be kept together with the
 * number of the last event.
 *
 * What has stood here is remembered twice: of items that were heard of lately by invocation (`open`), so that a result
 * that comes late is told from one that comes again; and of items that are finished by their numbers alone. @pure
 */
import type { NodeOutput } from '../../contract/graph/graph.ts';
import { includes, type Ranges, union, withOne } from './number-ranges.ts';
import { NO_RECENT, type RecentMap, recentEntries, recentValue, withRecent } from './recent-map.ts';

/** Entries that are kept, the newest. */
export const GALLERY_MAX = 500;

/** Items whose results are told apart: past it the finished ones go that were heard of longest ago. */
export const OPEN_ITEMS_MAX = 128;

/** The same where none of them is finished: past it the one that was heard of longest ago is given up, with all that it still makes. */
export const UNFINISHED_ITEMS_MAX = 1_000;

/** Results of one item that are told apart, at most; past it what was missed of it is not looked for. */
export const RESULTS_PER_ITEM_MAX = 20_000;

/** Ranges of finished items. Past it the gap between the two lowest is given up: what is in it has nothing to show. */
export const RANGES_MAX = 1_000;

/** Names of what was told: the invocation's id for its result, the id after `!` for its failure. */
type Told = RecentMap<true>;

/** A result that a person wants to see, once for each (item, invocation). */
export interface GalleryEntry {
  item_id: number;
  invocation_id: string;
  /** The node's type. */
  type: string;
  result: NodeOutput;
}

export interface Gallery {
  /** Oldest first. */
  entries: readonly GalleryEntry[];
  /** Nobody looks for results of items that were created up to this one; null before the first item is known. */
  floor: number | null;
  /** Items that are finished: all of their results stood here, or they have none, or they are not the viewer's. */
  finished: Ranges;
  /** By item, in the order of the last news: what was told of its invocations. */
  open: ReadonlyMap<number, Told>;
}

export const EMPTY_GALLERY: Gallery = { entries: [], floor: null, finished: [], open: new Map() };

/** All of the item's results stood here: what comes of it now comes again, unless it is one of `open`. */
export const isFinished = ({ finished }: Gallery, item_id: number): boolean => includes(finished, item_id);

/** Whether news of the item may be news: it is told apart, or not finished. */
export const mayHaveNews = (gallery: Gallery, item_id: number): boolean =>
  gallery.open.has(item_id) || !isFinished(gallery, item_id);

/** The item's results are told apart from now on; `known`: those that were told. */
export function opened(
  gallery: Gallery,
  item_id: number,
  known: Told = gallery.open.get(item_id) ?? NO_RECENT,
): Gallery {
  if (!mayHaveNews(gallery, item_id)) return gallery;
  const floor = gallery.floor ?? item_id - 1;
  const open = new Map(gallery.open);
  open.delete(item_id);
  open.set(item_id, known);
  const next = { ...gallery, floor, open };
  if (open.size <= OPEN_ITEMS_MAX) return next;
  for (const id of open.keys())
    if (id !== item_id && isFinished(gallery, id)) {
      open.delete(id);
      return next;
    }
  if (open.size <= UNFINISHED_ITEMS_MAX) return next;
  const [oldest = item_id] = open.keys();
  open.delete(oldest);
  return finished(next, [[oldest, oldest]]);
}

/**
 * Marks that this was told of the invocation, or returns null when it was told before. `sequence`: that of its event;
 * null when it was read.
 */
export function told(
  gallery: Gallery,
  { item_id, invocation_id }: Pick<GalleryEntry, 'item_id' | 'invocation_id'>,
  what: 'result' | 'failure',
  sequence: number | null,
): Gallery | null {
  if (!mayHaveNews(gallery, item_id)) return null;
  const known: Told = gallery.open.get(item_id) ?? NO_RECENT;
  const name = what === 'result' ? invocation_id : `!${invocation_id}`;
  if (recentValue(known, name)) return null;
  const { forgotten_through } = known;
  if (forgotten_through !== null && (sequence === null || sequence <= forgotten_through)) return null;
  return opened(gallery, item_id, withRecent(known, name, true, sequence ?? 0, RESULTS_PER_ITEM_MAX));
}

/** With one more entry, the newest. */
export function withEntry(gallery: Gallery, entry: GalleryEntry): Gallery {
  const entries = gallery.entries.slice(1 - GALLERY_MAX);
  entries.push(entry);
  return { ...gallery, entries };
}

/** Those items are finished. */
export function finished(gallery: Gallery, ranges: Ranges): Gallery {
  let next: Ranges = gallery.finished;
  for (const [first, last] of ranges.length === 1 ? ranges : []) next = withOne(next, first, last);
  if (ranges.length > 1) next = union(next, ranges);
  if (next === gallery.finished) return gallery;
  while (next.length > RANGES_MAX) {
    const [[first] = [0, 0], [, last] = [0, 0], ...others] = next;
    next = [[first, last], ...others];
  }
  return { ...gallery, finished: next, floor: raised(gallery.floor, next) };
}

/** As high as finished items follow one another. */
function raised(floor: number | null, ranges: Ranges): number | null {
  if (floor === null) return null;
  const range = ranges.find(([, last]) => last > floor);
  return range && range[0] <= floor + 1 ? range[1] : floor;
}

/** Everything that could be looked for up to this item was. */
export function caughtUp(gallery: Gallery, through: number): Gallery {
  const { floor } = gallery;
  if (floor !== null && through <= floor) return gallery;
  return { ...gallery, floor: raised(through, gallery.finished) };
}

/** Those items are gone: their entries leave, and nothing of them comes again. */
export function without(gallery: Gallery, ranges: Ranges): Gallery {
  const next = finished(gallery, ranges);
  const stays = ({ item_id }: GalleryEntry) => !includes(ranges, item_id);
  const entries = next.entries.every(stays) ? next.entries : next.entries.filter(stays);
  const ids = [...next.open.keys()].filter((item_id) => includes(ranges, item_id));
  if (ids.length === 0) return entries === next.entries ? next : { ...next, entries };
  const open = new Map(next.open);
  for (const item_id of ids) open.delete(item_id);
  return { ...next, entries, open };
}

/** The log began anew: what its numbers said of results is not true of those to come. */
export function renumbered(gallery: Gallery): Gallery {
  const open = [...gallery.open].map(([item_id, known]): [number, Told] => [
    item_id,
    { ...known, old_through: 0, forgotten_through: known.forgotten_through === null ? null : 0 },
  ]);
  return { ...gallery, open: new Map(open) };
}

/** A gallery apart from its entries, as JSON can hold it. */
export interface GalleryLedger {
  floor: number | null;
  finished: Ranges;
  open: (readonly [item_id: number, told: readonly string[], forgotten_through: number | null])[];
}

export const galleryLedger = ({ floor, finished: ranges, open }: Gallery): GalleryLedger => ({
  floor,
  finished: ranges,
  open: [...open].map(([item_id, known]) => [
    item_id,
    Array.from(recentEntries(known), ([name]) => name),
    known.forgotten_through,
  ]),
});

export const galleryOf = (ledger: GalleryLedger, entries: readonly GalleryEntry[]): Gallery => ({
  entries,
  floor: ledger.floor,
  finished: ledger.finished,
  open: new Map(ledger.open.map(([item_id, names, forgotten]) => [item_id, toldAgain(names, forgotten)])),
});

const toldAgain = (names: readonly string[], forgotten_through: number | null): Told => ({
  ...NO_RECENT,
  young: names.length === 0 ? [] : [new Map(names.map((name) => [name, true]))],
  young_size: names.length,
  forgotten_through,
});
