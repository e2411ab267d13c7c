/** Runs tasks side by side, a few at a time. */

export class Lanes {
  readonly #count: number;
  readonly #running = new Set<Promise<void>>();
  #failure: unknown = null;

  constructor(count: number) {
    this.#count = count;
  }

  /** Resolves when the task has begun. A failure of an earlier task is thrown here, or by `settled`. */
  async run(task: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#count) await Promise.race(this.#running);
    this.#throwFailure();
    const running: Promise<void> = task()
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when nothing runs. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}
