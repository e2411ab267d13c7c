/** Two ways to choose among the options of a prompt: at random, and each in turn. */
import type { RandomStream } from '../math/random-stream.ts';
import type { Choose } from './prompt-variants.ts';

/** Each as often as its weight says. */
export const atRandom =
  (random: RandomStream): Choose =>
  (weights) => {
    let rest = random.fraction() * weights.reduce((sum, weight) => sum + weight, 0);
    const index = weights.findIndex((weight) => {
      rest -= weight;
      return rest < 0;
    });
    // Rounding may leave a trace of the last weight.
    return index === -1 ? weights.length - 1 : index;
  };

/**
 * Goes through all combinations of choices, the last choice changing fastest. What is chosen may decide which choices
 * come after it: those after a choice that changed are met anew.
 */
export class EachInTurn {
  readonly #digits: { value: number; count: number }[] = [];
  #at = 0;

  readonly choose: Choose = ({ length }) => {
    const digit = this.#digits[this.#at] ?? { value: 0, count: length };
    this.#digits[this.#at++] = digit;
    return digit.value;
  };

  /** On to the next combination; false when there is none. */
  advance(): boolean {
    this.#at = 0;
    for (let digit = this.#digits.pop(); digit; digit = this.#digits.pop()) {
      if (digit.value + 1 < digit.count) {
        this.#digits.push({ ...digit, value: digit.value + 1 });
        return true;
      }
    }
    return false;
  }
}
