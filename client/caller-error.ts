/** An error of the caller's own, on its way through code that takes errors for a broken connection. */
export class CallerError extends Error {
  constructor(reason: unknown) {
    super('A function of the caller threw.', { cause: reason });
  }
}
