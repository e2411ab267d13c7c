/** Which items are suspected of killing devices of this runner, and how often each did; the last some of them. @pure */
import { type CrashCount, nextCrashCount } from './crash.ts';

const KEPT = 1_000;

export class CrashCounts {
  /** No count: it is a suspect and nothing else. */
  readonly #suspects = new Map<number, CrashCount | null>();

  /** The item was one of several that a device worked on when it died. */
  suspect(item_id: number): void {
    this.#remember(item_id, this.#suspects.get(item_id) ?? null);
  }

  isSuspect(item_id: number): boolean {
    return this.#suspects.has(item_id);
  }

  /** The item, which has so many results now, was alone on a device that died. */
  charge(item_id: number, results: number): CrashCount {
    const count = nextCrashCount(this.#suspects.get(item_id) ?? undefined, results);
    this.#remember(item_id, count);
    return count;
  }

  #remember(item_id: number, count: CrashCount | null): void {
    this.#suspects.delete(item_id);
    this.#suspects.set(item_id, count);
    for (const oldest of this.#suspects.keys()) {
      if (this.#suspects.size <= KEPT) break;
      this.#suspects.delete(oldest);
    }
  }

  /** It has ended by itself. */
  forget(item_id: number): void {
    this.#suspects.delete(item_id);
  }
}
