/** What a session waited for and moved, beside its nodes: counted by whoever serves it, read when it ends. @pure */

type Waiting = 'model_load_seconds' | 'asset_seconds';

export class Meter {
  /** While anything was waited for: what is waited for together counts once. */
  model_load_seconds = 0;
  asset_seconds = 0;
  /** Assets that came to the device, and those that nodes stored. */
  bytes_read = 0;
  bytes_written = 0;
  /** Lines that nodes logged. */
  log_lines = 0;
  readonly #now: () => number;
  readonly #open = { model_load_seconds: 0, asset_seconds: 0 };
  readonly #since = { model_load_seconds: 0, asset_seconds: 0 };

  /** `now` is monotonic, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Adds the time that `work` takes. */
  async timed<Result>(waiting: Waiting, work: Promise<Result>): Promise<Result> {
    if (this.#open[waiting]++ === 0) this.#since[waiting] = this.#now();
    try {
      return await work;
    } finally {
      if (--this.#open[waiting] === 0) this[waiting] += (this.#now() - this.#since[waiting]) / 1_000;
    }
  }
}
