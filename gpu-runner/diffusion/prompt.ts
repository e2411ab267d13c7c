/**
 * The prompt syntax of compel, which InvokeAI's prompts are written in:
 *
 *     a big+ dog-, (red ball)1.3, (old (stone)++ house)0.8, \(not a group\)
 *     ("a cat", "a dog").blend(0.7, 0.3)      ("a cat", "on a hill").and(1, 0.8)
 *
 * `+` multiplies by 1.1 and `-` by 0.9, as often as they stand there; groups in groups multiply. Parentheses and quotes
 * without a partner stand for themselves, and so does everything after a backslash. Linear in the length of the prompt.
 * @pure
 */

/** Text that is tokenized by itself, and how much its tokens weigh. */
export interface Fragment {
  text: string;
  weight: number;
}

export interface PromptPart {
  fragments: Fragment[];
  weight: number;
}

export interface Prompt {
  /** `blend` mixes its parts into one, `and` puts them one after the other. A prompt without either is `and` of one. */
  operator: 'and' | 'blend';
  parts: PromptPart[];
  /** Of a blend: weights count as shares of their sum. */
  normalize: boolean;
}

const PLUS = 1.1;
const MINUS = 0.9;

/** Far beyond what makes pictures (about 2), and far from where numbers end. */
const WEIGHT_MAX = 100;

const ESCAPED = /\\([()",.+=-])/g;
/** Letters, escapes, and signs that something follows: what a sign behind it is about. */
const WORD = /(?:\\[()",.+=-]?|[+-](?![\s()",.+=-]|$)|[^\s()",.+=\-\\])+/y;
const SIGNS = /\++|-+/y;
const GROUP_WEIGHT = /\++|-+|\d+(?:\.\d*)?|\.\d+/y;
const OPERATION = /^\.(and|add|blend)\(([^()]*)\)$/;
const UNSUPPORTED = /(?<!\\)\.(swap|attend)\(/;

/** Throws an error for the user where an operation is not what it should be. */
export function parsePrompt(prompt: string): Prompt {
  const unsupported = UNSUPPORTED.exec(prompt)?.[1];
  if (unsupported) {
    throw new Error(`prompts do not know .${unsupported}(): weigh words as in (words)1.3, or write \\.${unsupported}`);
  }
  const text = prompt.trim();
  const end = text.startsWith('(') ? (partners(text)[0] ?? -1) : -1;
  const [, name, list = ''] = (end > 0 && OPERATION.exec(text.slice(end + 1))) || [];
  if (!name) return { operator: 'and', parts: [{ fragments: fragmentsOf(prompt), weight: 1 }], normalize: false };
  const operator = name === 'blend' ? 'blend' : 'and';
  const words = list.split(',').map((word) => word.trim());
  const free = operator === 'blend' && words.at(-1) === 'no_normalize';
  const normalize = operator === 'blend' && !free;
  const texts = split(text.slice(1, end));
  const given = (free ? words.slice(0, -1) : words).filter((word) => word !== '').map(Number);
  const weights = given.length === 0 ? texts.map(() => 1) : given;
  if (weights.length !== texts.length || !weights.every((weight) => Math.abs(weight) <= WEIGHT_MAX)) {
    throw new Error(`.${name}() takes one number for each of its ${texts.length} prompts, or none`);
  }
  if (normalize && !(weights.reduce((sum, weight) => sum + weight, 0) > 0)) {
    throw new Error('the weights of .blend() have to have a sum above 0; .blend(…, no_normalize) takes any');
  }
  const parts = texts.map((part, i) => ({ fragments: fragmentsOf(part), weight: weights[i] ?? 1 }));
  return { operator, parts, normalize };
}

/** Neighbours of one weight are one fragment. A prompt without syntax is one, and the same text. */
export function fragmentsOf(text: string): Fragment[] {
  const pairs = partners(text);
  const fragments: Fragment[] = [];
  const weights = [1];
  let gap = '';
  const add = (piece: string, factor: number) => {
    const weight = (weights.at(-1) ?? 1) * factor;
    if (!(weight <= WEIGHT_MAX)) throw new Error(`"${piece}" weighs more than ${WEIGHT_MAX}: take some of its + away`);
    const last = fragments.at(-1);
    if (last?.weight === weight) last.text += gap + piece;
    else fragments.push({ text: gap + piece, weight });
    gap = '';
  };
  for (let at = 0; at < text.length; ) {
    const pair = pairs[at] ?? -1;
    if (pair > at) {
      weights.push((weights.at(-1) ?? 1) * factorOf(matchAt(GROUP_WEIGHT, text, pair + 1)));
      gap ||= ' ';
      at++;
    } else if (pair >= 0) {
      weights.pop();
      gap ||= ' ';
      at += 1 + matchAt(GROUP_WEIGHT, text, at + 1).length;
    } else if (/\s/.test(text[at] ?? '')) {
      gap += text[at++];
    } else {
      const word = matchAt(WORD, text, at);
      const signs = word === '' ? '' : matchAt(SIGNS, text, at + word.length);
      // What is no word, such as a comma, stands for itself.
      const piece = word || (text[at] ?? '');
      add(piece.replace(ESCAPED, '$1'), factorOf(signs));
      at += piece.length + signs.length;
    }
  }
  return fragments;
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function factorOf(weight: string): number {
  if (weight === '') return 1;
  if (weight.startsWith('+')) return PLUS ** weight.length;
  return weight.startsWith('-') ? MINUS ** weight.length : Number(weight);
}

/** For each parenthesis and quote the place of its partner, −1 where it has none and for everything else. */
function partners(text: string): Int32Array {
  const pairs = new Int32Array(text.length).fill(-1);
  const open: number[] = [];
  /** Places in `open` that hold a quote, so that it is found without a search. */
  const quotes: number[] = [];
  const pair = (from: number, to: number) => {
    pairs[from] = to;
    pairs[to] = from;
  };
  for (let at = 0; at < text.length; at++) {
    const last = open.at(-1);
    switch (text[at]) {
      case '\\':
        at++;
        break;
      case '(':
        open.push(at);
        break;
      case ')':
        if (last !== undefined && text[last] === '(') pair(open.pop() ?? 0, at);
        break;
      case '"': {
        const depth = quotes.pop();
        if (depth === undefined) {
          quotes.push(open.length);
          open.push(at);
        } else {
          pair(open[depth] ?? 0, at);
          // What was opened within the quotes and not closed stands for itself.
          open.length = depth;
        }
      }
    }
  }
  return pairs;
}

/** The prompts of a list: apart by commas outside of groups and quotes, and without the quotes around them. */
function split(list: string): string[] {
  const pairs = partners(list);
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at <= list.length; at++) {
    const pair = pairs[at] ?? -1;
    if (pair > at) at = pair;
    else if (list[at] === '\\') at++;
    else if (at >= list.length || list[at] === ',') {
      parts.push(list.slice(start, at).trim());
      start = at + 1;
    }
  }
  return parts.map((part) =>
    part.startsWith('"') && partners(part)[0] === part.length - 1 ? part.slice(1, -1) : part,
  );
}
