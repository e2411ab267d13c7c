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

/** What one session may have; see contract/limits.ts. */
export interface SessionLimits {
  invocations: number;
  gathered: number;
  paths: number;
  matches: number;
}

export const SESSION_LIMITS: SessionLimits = {
  invocations: SESSION_INVOCATIONS_MAX,
  gathered: SESSION_GATHERED_MAX,
  paths: SESSION_PATHS_MAX,
  matches: SESSION_MATCHES_MAX,
};

export class Budget {
  readonly #limits: SessionLimits;
  #invocations = 0;
  #gathered = 0;
  #paths = 0;
  #matches = 0;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  /** How many more copies there may be. Throws ExpansionError. */
  prepare(copies: number): void {
    this.#invocations += copies;
    if (this.#invocations > this.#limits.invocations) throw new ExpansionError(`${this.#invocations} invocations`);
  }

  gather(values: number): void {
    this.#gathered += values;
    if (this.#gathered > this.#limits.gathered) throw new ExpansionError(`${this.#gathered} gathered values`);
  }

  /** How many paths one more iteration space may have. */
  extend(paths: number): void {
    if (paths > this.#limits.invocations) throw new ExpansionError(`${paths} invocations`);
    this.#paths += paths;
    if (this.#paths > this.#limits.paths)
      throw new ExpansionError(`over ${this.#limits.paths} iteration paths, some of them with no invocation`);
  }

  /** How many more of them may be held against others. */
  match(paths: number): void {
    this.#matches += paths;
    if (this.#matches > this.#limits.matches)
      throw new ExpansionError(`over ${this.#limits.matches} paths to match between nodes of different iterations`);
  }
}
