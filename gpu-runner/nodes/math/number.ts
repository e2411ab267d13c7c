/** What keeps the results of the number nodes within the field types `integer` and `float`, and their roundings. */

/** `value`, never −0. Throws a RangeError when it is not a whole number within ±(2^53 − 1); `what` names it. */
export function wholeNumber(value: number, what: string): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${what} is beyond what an integer holds (±(2^53 − 1))`);
  return value + 0;
}

/** `value`, never −0. Throws a RangeError when it is infinite or no number; `what` names it. */
export function finiteNumber(value: number, what: string): number {
  if (!Number.isFinite(value)) throw new RangeError(`${what} is not a finite number`);
  return value + 0;
}

/** Throws a RangeError when `divisor` is 0. */
export function refuseZero(divisor: number): void {
  if (divisor === 0) throw new RangeError('cannot divide by zero: give b another value');
}

/** What is left of `a` after division by `b`, with the sign of `b`, as in Python. */
export function modulo(a: number, b: number): number {
  refuseZero(b);
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/** Decimals that `roundHalfEven` can tell exactly whether a number is half way. */
export const DECIMALS_MAX = 15;

/** Rounded to `decimals` places, 0 to DECIMALS_MAX; what is exactly half way goes to the even digit, as in Python. */
export function roundHalfEven(value: number, decimals: number): number {
  // Beyond 1e21 toFixed has no digits after the point to give, and a float has none to round.
  if (Math.abs(value) >= 1e21) return value;
  // toFixed rounds the exact binary value, and half way away from zero.
  const rounded = value.toFixed(decimals);
  const exact = value.toFixed(100);
  const dropped = exact.slice(exact.indexOf('.') + 1 + decimals);
  const isTie = /^50*$/.test(dropped);
  if (!isTie || Number(rounded.at(-1)) % 2 === 0) return Number(rounded) + 0;
  return Number(exact.slice(0, exact.length - dropped.length)) + 0;
}
