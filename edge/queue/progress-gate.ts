/**
 * Progress on its way to one socket: of each item the newest report at most every so often, so that a runner that
 * reports each step floods nobody. What waits is replaced, never queued. @pure
 */
import { PROGRESS_PER_SECOND } from '../../contract/event/stream.ts';

const INTERVAL_MS = 1_000 / PROGRESS_PER_SECOND;

interface Entry {
  sent_at: number;
  waiting: string | null;
}

export class ProgressGate {
  readonly #items = new Map<number, Entry>();

  /** Whether the report is to be sent now; else it waits, in the place of an older one. */
  offer(item_id: number, text: string, now: number, busy: boolean): boolean {
    const entry = this.#items.get(item_id);
    const passes = !busy && (entry === undefined || now >= entry.sent_at + INTERVAL_MS);
    if (passes) this.#items.set(item_id, { sent_at: now, waiting: null });
    else this.#items.set(item_id, { sent_at: entry?.sent_at ?? now - INTERVAL_MS, waiting: text });
    return passes;
  }

  /** What may be sent now. Forgets items of which nothing came for a while. */
  due(now: number): string[] {
    const texts: string[] = [];
    for (const [item_id, entry] of this.#items) {
      if (now < entry.sent_at + INTERVAL_MS) continue;
      if (entry.waiting === null) this.#items.delete(item_id);
      else {
        texts.push(entry.waiting);
        this.#items.set(item_id, { sent_at: now, waiting: null });
      }
    }
    return texts;
  }

  /** When the next report may be sent; null when none waits. */
  get next_at(): number | null {
    let next: number | null = null;
    for (const { sent_at, waiting } of this.#items.values())
      if (waiting !== null) next = Math.min(next ?? Number.POSITIVE_INFINITY, sent_at + INTERVAL_MS);
    return next;
  }

  /** What waits of the item: it is sent before the item's next event, or never. */
  take(item_id: number): string | null {
    const entry = this.#items.get(item_id);
    if (!entry) return null;
    this.#items.set(item_id, { ...entry, waiting: null });
    return entry.waiting;
  }
}
