/** Bytes by name, the most recently used ones up to a limit: a session often reads what it has just written. @pure */
export class AssetCache {
  readonly #limit: number;
  readonly #bytes = new Map<string, Uint8Array>();
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(name: string): Uint8Array | undefined {
    const bytes = this.#bytes.get(name);
    if (!bytes) return undefined;
    this.#bytes.delete(name);
    this.#bytes.set(name, bytes);
    return bytes;
  }

  put(name: string, bytes: Uint8Array): void {
    if (this.#bytes.has(name) || bytes.length > this.#limit) return;
    this.#bytes.set(name, bytes);
    this.#size += bytes.length;
    for (const [oldest, { length }] of this.#bytes) {
      if (this.#size <= this.#limit) return;
      this.#bytes.delete(oldest);
      this.#size -= length;
    }
  }
}
