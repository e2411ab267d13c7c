/** What happened, one line an action: the last of them for people, a hash of all of them for the proof of determinism. */

const KEPT = 30;

export class Trace {
  readonly #last: string[] = [];
  #high = 0xdeadbeef;
  #low = 0x41c6ce57;
  steps = 0;

  add(line: string): void {
    if (this.#last.length === KEPT) this.#last.shift();
    this.#last.push(`${this.steps}  ${line}`);
    for (let index = 0; index < line.length; index++) {
      const unit = line.charCodeAt(index);
      this.#high = Math.imul(this.#high ^ unit, 2_654_435_761);
      this.#low = Math.imul(this.#low ^ unit, 1_597_334_677);
    }
  }

  get last(): readonly string[] {
    return this.#last;
  }

  get hash(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
