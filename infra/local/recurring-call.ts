/**
 * A call that comes again and again, in place of the platform's clock: first after a minute, since a local system may
 * not live for long, and then `every_ms` after the one before has ended; never two at once.
 */
const FIRST_MS = 60_000;

export class RecurringCall {
  readonly #call: () => Promise<void>;
  readonly #every_ms: number;
  #timer: NodeJS.Timeout | null;

  constructor(call: () => Promise<void>, every_ms: number) {
    this.#call = call;
    this.#every_ms = every_ms;
    this.#timer = this.#after(FIRST_MS);
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #after(ms: number): NodeJS.Timeout {
    return setTimeout(() => void this.#run(), ms).unref();
  }

  async #run(): Promise<void> {
    try {
      await this.#call();
    } catch (error) {
      // One that failed is made up for by the next. After the end there is nobody to call.
      if (this.#timer) console.error(error);
    }
    if (this.#timer) this.#timer = this.#after(this.#every_ms);
  }
}
