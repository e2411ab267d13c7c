/**
 * What invocations gave, in the device's memory: the most recently used ones, by the name of their work
 * (invocation-name.ts). InvokeAI's cache, with a limit on bytes beside that on entries: a latent is a few kilobytes and
 * an image some megabytes.
 */
import { LRUCache } from 'lru-cache';

/** What an invocation gave, as it can be given again. */
export interface KeptOutput {
  /** Durable fields; never handed out themselves (invocation-memory.ts). */
  durable: Readonly<Record<string, unknown>>;
  /** Live fields: shared, as nobody changes a live value. */
  live: Readonly<Record<string, unknown>>;
  /** Assets that the node stored: stored once more with each use, so that the store has them as if the node had run. */
  assets: readonly KeptAsset[];
  /** What it took, and so what a hit spares. */
  seconds: number;
  /** About what it occupies. */
  bytes: number;
}

export interface KeptAsset {
  asset_name: string;
  content_type: string;
  bytes: Uint8Array;
}

export interface InvocationCacheStatus {
  size: number;
  hits: number;
  misses: number;
  enabled: boolean;
  max_size: number;
}

/** Small beside what models take, and yet the last hundred images or thousands of latents. */
const BYTES_MAX = 256 * 1024 * 1024;

export class InvocationCache {
  readonly #max_size: number;
  readonly #kept: LRUCache<string, KeptOutput> | undefined;
  #hits = 0;
  #misses = 0;
  #enabled = true;

  /** `max_size` entries; 0: nothing is kept and nothing counted. */
  constructor(max_size: number, bytes_max = BYTES_MAX) {
    this.#max_size = max_size;
    if (max_size > 0)
      this.#kept = new LRUCache({
        max: max_size,
        maxSize: bytes_max,
        sizeCalculation: ({ bytes }) => Math.max(1, Math.ceil(bytes)),
      });
  }

  get #open(): LRUCache<string, KeptOutput> | undefined {
    return this.#enabled ? this.#kept : undefined;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Counts a hit or a miss. */
  get(name: string): KeptOutput | undefined {
    const kept = this.#open;
    if (kept === undefined) return undefined;
    const found = kept.get(name);
    if (found) this.#hits++;
    else this.#misses++;
    return found;
  }

  /** As `get`, without being counted or a use. */
  peek(name: string): KeptOutput | undefined {
    return this.#open?.peek(name);
  }

  /** What is kept under the name already stays; what is too large is not kept. */
  save(name: string, output: KeptOutput): void {
    const kept = this.#open;
    if (kept !== undefined && !kept.has(name)) kept.set(name, output);
  }

  /** The store has no such asset any more: what names it would be of no use. */
  forget(asset_name: string): void {
    for (const [name, { durable }] of this.#kept?.entries() ?? [])
      if (JSON.stringify(durable).includes(asset_name)) this.#kept?.delete(name);
  }

  clear(): void {
    this.#kept?.clear();
    this.#hits = 0;
    this.#misses = 0;
  }

  /** Entries stay, and are used again once it is enabled. */
  disable(): void {
    this.#enabled = false;
  }

  enable(): void {
    this.#enabled = true;
  }

  get status(): InvocationCacheStatus {
    return {
      size: this.#kept?.size ?? 0,
      hits: this.#hits,
      misses: this.#misses,
      enabled: this.#enabled && this.#kept !== undefined,
      max_size: this.#max_size,
    };
  }
}
