/** Wakes the one loop that waits on it. A notification without a waiter is kept for the next wait. */
export class Signal {
  #raised = false;
  #waiter: (() => void) | null = null;

  notify(): void {
    this.#raised = true;
    this.#waiter?.();
  }

  /** Resolves at the next notification, or at once when one came since the last wait. */
  async wait(): Promise<void> {
    if (!this.#raised)
      await new Promise<void>((resolve) => {
        this.#waiter = resolve;
      });
    this.#waiter = null;
    this.#raised = false;
  }
}
