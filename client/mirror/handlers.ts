/** Who is told of what. Nobody who is told can stop the one who tells. */

/** Sets of functions by the name of what they want to hear. */
export class Handlers<Told> {
  readonly #handlers = new Map<keyof Told, Set<(told: never) => void>>();
  readonly #broken: (error: unknown) => void;

  /** `broken` hears what a handler threw. */
  constructor(broken: (error: unknown) => void) {
    this.#broken = broken;
  }

  /** Returns what ends it. The same function may be added twice, and is then called twice. */
  on<Name extends keyof Told>(name: Name, handler: (told: Told[Name]) => void): () => void {
    const own = (told: Told[Name]) => handler(told);
    const handlers = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, handlers.add(own));
    return () => handlers.delete(own);
  }

  tell<Name extends keyof Told>(name: Name, told: Told[Name]): void {
    // One that is added meanwhile hears the next.
    for (const handler of [...(this.#handlers.get(name) ?? [])]) {
      try {
        (handler as (told: Told[Name]) => void)(told);
      } catch (error) {
        this.#broken(error);
      }
    }
  }
}
