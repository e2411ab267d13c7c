/** ISO 8601 of milliseconds since 1970. Nodes follow each other within one, and writing it out costs as much as a node. */
export class Timestamps {
  #ms = Number.NaN;
  #text = '';

  of(ms: number): string {
    if (ms !== this.#ms) {
      this.#ms = ms;
      this.#text = new Date(ms).toISOString();
    }
    return this.#text;
  }
}
