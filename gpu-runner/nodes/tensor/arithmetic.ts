/** Arithmetic on two numbers, as NumPy has it for each kind of element. @pure */

export const OPERATIONS = ['add', 'sub', 'mul', 'div', 'min', 'max', 'pow'] as const;
export type Operation = (typeof OPERATIONS)[number];

/**
 * Floating-point numbers: in double precision, rounded once when stored, which for + − × ÷ is the same as computing in
 * single precision (Figueroa, "When is double rounding innocuous?", 1995).
 */
export const FLOAT_OPERATIONS: Record<Operation, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  // A power of one is one and the zeroth power is one, whatever the other is; JavaScript has NaN for 1 ** NaN.
  pow: (a, b) => (a === 1 ? 1 : a ** b),
};

const divisor = <Value extends number | bigint>(b: Value): Value => {
  // biome-ignore lint/suspicious/noDoubleEquals: 0 and 0n alike
  if (b == 0) throw new RangeError('an integer is divided by 0; use tensor_cast to float32 before it');
  return b;
};

function requireNatural(exponent: number | bigint): void {
  if (exponent < 0) throw new RangeError('an integer has no negative power; use tensor_cast to float32 before it');
}

/** By squaring, in 32 bits: only the lowest bits are kept anyway. */
function integerPower(base: number, exponent: number): number {
  requireNatural(exponent);
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}

/** Integers of at most 32 bits; what is stored keeps the lowest bits. A quotient loses its fraction. */
export const INTEGER_OPERATIONS: Record<Operation, (a: number, b: number) => number> = {
  ...FLOAT_OPERATIONS,
  mul: Math.imul,
  div: (a, b) => Math.trunc(a / divisor(b)),
  pow: integerPower,
};

function longPower(base: bigint, exponent: bigint): bigint {
  requireNatural(exponent);
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = BigInt.asIntN(64, result * square);
    square = BigInt.asIntN(64, square * square);
  }
  return result;
}

/** Integers of 64 bits; what is stored keeps the lowest bits. */
export const LONG_OPERATIONS: Record<Operation, (a: bigint, b: bigint) => bigint> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / divisor(b),
  min: (a, b) => (a < b ? a : b),
  max: (a, b) => (a > b ? a : b),
  pow: longPower,
};
