/** One step under way: the state as it is by now, and what the shell will have to do. @pure */
import { isFinal } from '../../contract/queue/status.ts';
import type { Gallery } from './gallery.ts';
import type { Effect } from './input.ts';
import { ITEMS_MAX, type ItemState, LEFT_MAX, type QueueState } from './queue-state.ts';

export class Turn {
  #state: QueueState;
  /** Its own copy, once it has changed an item. */
  #items: Map<number, ItemState> | null = null;
  readonly effects: Effect[] = [];

  constructor(state: QueueState) {
    this.#state = state;
  }

  get state(): QueueState {
    return this.#state;
  }

  set(change: Partial<Omit<QueueState, 'items'>>): void {
    this.#state = { ...this.#state, ...change };
  }

  tell(effect: Effect): void {
    this.effects.push(effect);
  }

  gallery(change: (gallery: Gallery) => Gallery): void {
    const gallery = change(this.#state.gallery);
    if (gallery !== this.#state.gallery) this.set({ gallery });
  }

  item(item_id: number): ItemState | undefined {
    return this.#state.items.get(item_id);
  }

  /** Keeps what it is now, as the one with the latest news. */
  keep(item: ItemState): void {
    const items = this.#ownItems();
    items.delete(item.item_id);
    items.set(item.item_id, item);
    if (items.size > ITEMS_MAX) this.#forgetOne(items, item.item_id);
  }

  remove(item_id: number): void {
    this.#ownItems().delete(item_id);
  }

  #ownItems(): Map<number, ItemState> {
    if (this.#items === null) {
      this.#items = new Map(this.#state.items);
      this.#state = { ...this.#state, items: this.#items };
    }
    return this.#items;
  }

  /** The one that tells least: final and whole, else final, else any; of those, that which was heard of longest ago. */
  #forgetOne(items: Map<number, ItemState>, kept: number): void {
    const others = [...items.values()].filter(({ item_id }) => item_id !== kept);
    const leaving =
      others.find(({ status, whole }) => whole && isFinal(status)) ??
      others.find(({ status }) => isFinal(status)) ??
      others[0];
    if (leaving === undefined) return;
    items.delete(leaving.item_id);
    if (leaving.reading) this.tell({ type: 'abort_read', read: leaving.reading.read });
    if (!isFinal(leaving.status) || leaving.whole) return;
    this.set({ left: new Set([...this.#state.left, leaving.item_id].slice(-LEFT_MAX)) });
    const { floor } = this.#state.gallery;
    // Its results were not all heard of, and no event will tell of them.
    if (floor !== null) this.tell({ type: 'catch_up', after_item_id: floor });
  }

  /** Whether the item had to go after its end was told; it is over with now, and forgotten. */
  wasLeft(item_id: number): boolean {
    if (!this.#state.left.has(item_id)) return false;
    const left = new Set(this.#state.left);
    left.delete(item_id);
    this.set({ left });
    return true;
  }
}
