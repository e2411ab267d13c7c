/** What a match is replaced by, in the notation of Python's `re.sub`: `\1`, `\g<name>`, `\n`, `\\`. */

/** A text, or the number of a group of the match. */
type Part = string | number;

const SPECIAL = /\\(?:([1-9]\d?)|g<([^<>]*)>|([\s\S]?))/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\', n: '\n', r: '\r', t: '\t' };

/** Throws a SyntaxError on an escape that means nothing and on a group that the expression does not have. */
export function parseReplacement(
  replacement: string,
  groupCount: number,
  groupNames: Readonly<Record<string, number>>,
): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const { 0: whole, 1: digits, 2: reference, 3: letter, index } of replacement.matchAll(SPECIAL)) {
    parts.push(replacement.slice(end, index));
    end = index + whole.length;
    const name = digits ?? reference;
    parts.push(name === undefined ? escaped(letter ?? '') : groupNumber(name, groupCount, groupNames));
  }
  parts.push(replacement.slice(end));
  return parts.filter((part) => part !== '');
}

function escaped(letter: string): string {
  const text = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
  if (text === undefined)
    throw new SyntaxError(`'\\${letter}' in the replacement means nothing: write '\\\\' for a backslash`);
  return text;
}

function groupNumber(name: string, count: number, names: Readonly<Record<string, number>>): number {
  const group = /^\d{1,4}$/.test(name) ? Number(name) : Object.hasOwn(names, name) ? names[name] : undefined;
  if (group === undefined || group > count)
    throw new SyntaxError(`the replacement names group '${name}', and the expression has no such group`);
  return group;
}
