/** The inputs that several number nodes share. */
import { float, integer } from '../fields.ts';
import { SEED_MAX } from './random-stream.ts';

const FIRST = 'The first number.';
const SECOND = 'The second number.';

export const integerOperands = (value: number) => ({
  a: integer({ default: value, description: FIRST }),
  b: integer({ default: value, description: SECOND }),
});

export const floatOperands = (value: number) => ({
  a: float({ default: value, description: FIRST }),
  b: float({ default: value, description: SECOND }),
});

export const SEED = integer({
  default: 0,
  minimum: 0,
  maximum: SEED_MAX,
  description: 'What the random numbers follow from: the same seed gives the same numbers.',
});
