/**
 * Prompts with variants, in the notation of dynamicprompts: `{red|blue}`, one inside another, `{2$$a|b|c}` for two of
 * them, `{1-2$$ and $$a|b|c}` for one or two with " and " between, `{3::red|blue}` for red three times as often.
 * A backslash before {, } or | makes it a plain character.
 */
import { joined } from './text.ts';

/** Groups in braces of one prompt, their depth, and all their options: more than anybody writes by hand. */
const GROUPS_MAX = 1_000;
const DEPTH_MAX = 32;
const OPTIONS_MAX = 10_000;

/** What a group joins several of its options with when it does not say, as in dynamicprompts. */
const SEPARATOR = ',';

export type Prompt = readonly (string | Group)[];

interface Option {
  weight: number;
  prompt: Prompt;
}

interface Group {
  /** How many different options to take. */
  least: number;
  most: number;
  separator: string;
  options: readonly Option[];
}

/** Chooses one of some weights: answers its index. */
export type Choose = (weights: readonly number[]) => number;

/** Throws a SyntaxError, with the place of the fault, or a RangeError on a prompt beyond the bounds. */
export const parsePrompt = (text: string): Prompt => new Parser(text).prompt();

/** One prompt out of `prompt`, by what `choose` answers: from the left, the outer group before those inside it. */
export function renderPrompt(prompt: Prompt, choose: Choose): string {
  return joined(prompt.map((part) => (typeof part === 'string' ? part : renderGroup(part, choose))));
}

function renderGroup({ least, most, separator, options }: Group, choose: Choose): string {
  const count = least === most ? least : least + choose(new Array(most - least + 1).fill(1));
  const left = [...options];
  const taken: string[] = [];
  while (taken.length < count) {
    const [option] = left.splice(choose(left.map(({ weight }) => weight)), 1);
    if (option) taken.push(renderPrompt(option.prompt, choose));
  }
  return joined(taken, separator);
}

const TEXT = /[^{}|\\]+/y;
const COUNT = /(?:(\d{1,4})(?:(-)(\d{1,4})?)?|-(\d{1,4}))\$\$/y;
const SEPARATED_BY = /([^{}|$]*)\$\$/y;
const WEIGHT = /\s*(\d{1,9}(?:\.\d{1,9})?|\.\d{1,9})::/y;

class Parser {
  readonly #text: string;
  #at = 0;
  #groups = 0;
  #options = 0;

  constructor(text: string) {
    this.#text = text;
  }

  prompt(): Prompt {
    const prompt = this.#sequence(0);
    if (this.#at < this.#text.length) this.#fail(this.#at, "'}' closes nothing: write '\\}' for a brace");
    return prompt;
  }

  /** Up to the end of the option that it stands in, or of the text. */
  #sequence(depth: number): Prompt {
    const parts: (string | Group)[] = [];
    for (;;) {
      const next = this.#text[this.#at];
      if (next === undefined || next === '}' || (next === '|' && depth > 0)) return parts;
      if (next === '{') parts.push(this.#group(depth + 1));
      else parts.push(this.#take(TEXT)?.[0] ?? this.#character(next));
    }
  }

  /** A character that is none of TEXT and opens or ends nothing. */
  #character(character: string): string {
    const escaped = character === '\\' ? this.#text[this.#at + 1] : undefined;
    const isEscape = escaped !== undefined && '{}|'.includes(escaped);
    this.#at += isEscape ? 2 : 1;
    return isEscape ? escaped : character;
  }

  #group(depth: number): Group {
    const start = this.#at++;
    if (++this.#groups > GROUPS_MAX || depth > DEPTH_MAX)
      throw new RangeError(
        `the prompt has more than ${GROUPS_MAX} groups in braces, or ${DEPTH_MAX} inside each other`,
      );
    const count = this.#take(COUNT);
    const separator = (count && this.#take(SEPARATED_BY)?.[1]) ?? SEPARATOR;
    const options: Option[] = [];
    do {
      if (++this.#options > OPTIONS_MAX) throw new RangeError(`the prompt has more than ${OPTIONS_MAX} options`);
      const place = this.#at;
      const weight = Number(this.#take(WEIGHT)?.[1] ?? 1);
      if (weight === 0) this.#fail(place, 'a weight is more than 0');
      options.push({ weight, prompt: this.#sequence(depth) });
    } while (this.#text[this.#at++] === '|');
    if (this.#at > this.#text.length) this.#fail(start, "'{' is never closed: write '\\{' for a brace");
    return { ...this.#bounds(start, count, options.length), separator, options };
  }

  #bounds(start: number, count: RegExpExecArray | undefined, options: number): { least: number; most: number } {
    if (count === undefined) return { least: 1, most: 1 };
    const [, least, range, most, mostAlone] = count;
    const bounds = {
      least: Number(least ?? 0),
      most: Number(mostAlone ?? most ?? (range === undefined ? least : options)),
    };
    if (bounds.least > bounds.most || bounds.most > options)
      this.#fail(start, `takes ${count[0].slice(0, -2)} of ${options} options`);
    return bounds;
  }

  /** What `pattern` (sticky) matches here, and goes past it. */
  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    if (match) this.#at += match[0].length;
    return match;
  }

  #fail(at: number, why: string): never {
    throw new SyntaxError(`the prompt at character ${at + 1}: ${why}`);
  }
}
