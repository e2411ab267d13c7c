/** What a mirror keeps between two pages: where it was in the queue's log, and which results a person has been shown. */
import { SwitchyardError } from '../errors.ts';
import type { GalleryEntry } from '../state/gallery.ts';
import { type Gallery, type GalleryLedger, galleryLedger, galleryOf } from '../state/gallery.ts';

/** As localStorage is. */
export interface KeptStorage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
}

/** Of the shape below: what was kept in another one is dropped. */
const SHAPE = 1;

/** Characters of JSON of the entries that are kept, the newest: browsers give a page about five million in all. */
const ENTRIES_LENGTH_MAX = 1_000_000;

export interface KeptState {
  /** null when the stream had not said any. */
  sequence: number | null;
  /** Something was missed, and not all of it was read yet. */
  behind: boolean;
  gallery: Gallery;
}

interface Document extends Omit<KeptState, 'gallery'> {
  shape: number;
  queue_id: string;
  user_id: string;
  ledger: GalleryLedger;
  entries: GalleryEntry[];
}

export class StateKeeper {
  readonly #storage: KeptStorage;
  readonly #name: string;
  readonly #queue_id: string;
  readonly #user_id: string;
  /** An entry never changes, so it is made into text once. */
  readonly #texts = new WeakMap<GalleryEntry, string>();
  #last: KeptState | null = null;

  constructor(storage: KeptStorage, name: string, queue_id: string, user_id: string) {
    this.#storage = storage;
    this.#name = name;
    this.#queue_id = queue_id;
    this.#user_id = user_id;
  }

  /** Null when nothing was kept, or not of this user and queue in this shape. Throws when the storage is broken. */
  load(): KeptState | null {
    const text = this.#storage.getItem(this.#name);
    if (text === null) return null;
    let kept: Partial<Document> | null;
    try {
      kept = JSON.parse(text) as Partial<Document> | null;
    } catch (cause) {
      throw this.#broken(cause);
    }
    if (kept?.shape !== SHAPE || kept.queue_id !== this.#queue_id || kept.user_id !== this.#user_id) return null;
    if (!isDocument(kept)) throw this.#broken();
    const { sequence, behind, ledger, entries } = kept;
    return { sequence, behind, gallery: galleryOf(ledger, entries) };
  }

  /**
   * One write, or none when it is as it was. Throws what the storage throws, after having tried to keep at least which
   * results were shown, without the results.
   */
  keep(state: KeptState): void {
    const last = this.#last;
    if (last?.gallery === state.gallery && last.sequence === state.sequence && last.behind === state.behind) return;
    // Also when it cannot be written: what is full now is not tried again before there is something new.
    this.#last = state;
    try {
      this.#storage.setItem(this.#name, this.#text(state));
    } catch (error) {
      this.#storage.setItem(this.#name, this.#text({ ...state, gallery: { ...state.gallery, entries: [] } }));
      throw error;
    }
  }

  #text({ sequence, behind, gallery }: KeptState): string {
    const { entries } = gallery;
    const whose = { shape: SHAPE, queue_id: this.#queue_id, user_id: this.#user_id };
    const head = { ...whose, sequence, behind, ledger: galleryLedger(gallery) };
    const texts: string[] = [];
    let length = 0;
    for (let at = entries.length - 1; at >= 0; at--) {
      const text = this.#textOf(entries[at] as GalleryEntry);
      length += text.length + 1;
      if (length > ENTRIES_LENGTH_MAX) break;
      texts.push(text);
    }
    return `${JSON.stringify(head).slice(0, -1)},"entries":[${texts.reverse().join(',')}]}`;
  }

  #broken(cause?: unknown): SwitchyardError {
    return new SwitchyardError(`What is kept under "${this.#name}" is not this mirror's.`, { cause });
  }

  #textOf(entry: GalleryEntry): string {
    const known = this.#texts.get(entry);
    if (known !== undefined) return known;
    const text = JSON.stringify(entry);
    this.#texts.set(entry, text);
    return text;
  }
}

/** Whether it can be gone on from: a state of other parts would break at each event, and nobody would know. */
function isDocument(kept: Partial<Document>): kept is Document {
  const { sequence, behind, ledger, entries } = kept;
  const isId = (value: unknown): boolean => Number.isSafeInteger(value);
  const isIdOrNull = (value: unknown): boolean => value === null || isId(value);
  const isText = (value: unknown): boolean => typeof value === 'string';
  return (
    isIdOrNull(sequence) &&
    typeof behind === 'boolean' &&
    isListOf(entries, (entry) => isId(entry?.item_id) && isText(entry.invocation_id) && entry.result !== null) &&
    isIdOrNull(ledger?.floor) &&
    isListOf(ledger?.finished, (range) => isListOf(range, isId) && range.length === 2) &&
    isListOf(ledger?.open, (item) => isId(item?.[0]) && isListOf(item[1], isText) && isIdOrNull(item[2]))
  );
}

const isListOf = <Element>(value: readonly Element[] | undefined, isOne: (element: Element) => boolean): boolean =>
  Array.isArray(value) && value.every(isOne);
