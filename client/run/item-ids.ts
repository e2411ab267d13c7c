/**
 * Which items of a batch something is true of. The ids of a batch follow each other, so that a million of them are a
 * million bits; until they are known, and of none that is no item of the batch, ids are kept one by one. @pure
 */
export class ItemIds {
  #first = 0;
  #count = 0;
  #bits: Uint8Array | null = null;
  #early = new Set<number>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The ids of the batch are `first` and the `count` − 1 that follow; others that were added are forgotten. */
  bound(first: number, count: number): void {
    if (this.#bits) return;
    this.#first = first;
    this.#count = count;
    this.#bits = new Uint8Array(Math.ceil(count / 8));
    const early = this.#early;
    this.#early = new Set();
    this.#size = 0;
    for (const id of early) this.add(id);
  }

  /** Whether it may be an item of the batch. */
  covers(id: number): boolean {
    return !this.#bits || this.#bitOf(id) >= 0;
  }

  has(id: number): boolean {
    const bit = this.#bitOf(id);
    if (!this.#bits) return this.#early.has(id);
    return bit >= 0 && ((this.#bits[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }

  /** Whether it was not there before and is now. */
  add(id: number): boolean {
    if (this.has(id)) return false;
    const bit = this.#bitOf(id);
    if (!this.#bits) this.#early.add(id);
    else if (bit < 0) return false;
    else this.#bits[bit >> 3] = (this.#bits[bit >> 3] ?? 0) | (1 << (bit & 7));
    this.#size++;
    return true;
  }

  /** The ids of the batch that are not there; none before they are known. */
  *missing(): Generator<number> {
    for (let id = this.#first; id < this.#first + this.#count; id++) if (!this.has(id)) yield id;
  }

  #bitOf(id: number): number {
    const bit = id - this.#first;
    return bit >= 0 && bit < this.#count ? bit : -1;
  }
}
