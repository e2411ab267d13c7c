/** How large a session may grow, told before memory is spent on it. */
import {
  SESSION_GATHERED_MAX,
  SESSION_INVOCATIONS_MAX,
  SESSION_MATCHES_MAX,
  SESSION_PATHS_MAX,
} from '../../contract/limits.ts';

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
  #paths = 0;
  #matches = 0;

  /** How many more copies there may be. Throws ExpansionError. */
  prepare(copies: number): void {
    this.#invocations += copies;
    if (this.#invocations > SESSION_INVOCATIONS_MAX) throw new ExpansionError(`${this.#invocations} invocations`);
  }

  gather(values: number): void {
    this.#gathered += values;
    if (this.#gathered > SESSION_GATHERED_MAX) throw new ExpansionError(`${this.#gathered} gathered values`);
  }
  /** How many paths one more iteration space may have. */
  extend(paths: number): void {
    if (paths > SESSION_INVOCATIONS_MAX) throw new ExpansionError(`${paths} invocations`);
    this.#paths += paths;
    if (this.#paths > SESSION_PATHS_MAX)
      throw new ExpansionError(`over ${SESSION_PATHS_MAX} iteration paths, some of them with no invocation`);
  }

  /** How many more of them may be held against others. */
  match(paths: number): void {
    this.#matches += paths;
    if (this.#matches > SESSION_MATCHES_MAX)
      throw new ExpansionError(`over ${SESSION_MATCHES_MAX} paths to match between nodes of different iterations`);
  }
}
