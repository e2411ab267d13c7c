/** How often each item has killed a device of this runner; only the last some items are remembered. @pure */
import { type CrashCount, nextCrashCount } from './crash.ts';

const KEPT = 1_000;

export class CrashCounts {
  readonly #counts = new Map<number, CrashCount>();

  /** The item, which has so many results now, has killed a device once more. */
  charge(item_id: number, results: number): CrashCount {
    const count = nextCrashCount(this.#counts.get(item_id), results);
    this.#counts.delete(item_id);
    this.#counts.set(item_id, count);
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= KEPT) break;
      this.#counts.delete(oldest);
    }
    return count;
  }

  forget(item_id: number): void {
    this.#counts.delete(item_id);
  }
}
