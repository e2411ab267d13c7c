/** How large a session may grow, told before memory is spent on it. */
import { SESSION_GATHERED_MAX, SESSION_INVOCATIONS_MAX } from '../../contract/limits.ts';

/** The session would be larger than it may be. */
export class ExpansionError extends Error {
  override name = 'ExpansionError';

  constructor(what: string) {
    super(
      `it would have ${what}, and ${SESSION_INVOCATIONS_MAX} invocations with ${SESSION_GATHERED_MAX} gathered values ` +
        `are allowed in one session; iterate over shorter lists.`,
    );
  }
}

export class Budget {
  #invocations = 0;
  #gathered = 0;

  /** How many more copies there may be. Throws ExpansionError. */
  prepare(copies: number): void {
    this.#invocations += copies;
    if (this.#invocations > SESSION_INVOCATIONS_MAX) throw new ExpansionError(`${this.#invocations} invocations`);
  }

  gather(values: number): void {
    this.#gathered += values;
    if (this.#gathered > SESSION_GATHERED_MAX) throw new ExpansionError(`${this.#gathered} gathered values`);
  }
}
