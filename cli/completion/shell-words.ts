/** A line that a person is typing, as the words that a shell would make of it. @pure */

export interface TypedLine {
  /** Without quotes; the last is the one that is being typed, and may be empty. */
  words: string[];
  /** How the last stands in the line, quotes and all. */
  raw: string;
}

export function typedLine(line: string): TypedLine {
  const words: string[] = [];
  let [word, start, inWord] = ['', 0, false];
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? '';
    if (quote === '' && /\s/.test(char)) {
      if (inWord) words.push(word);
      [word, inWord, start] = ['', false, at + 1];
      continue;
    }
    inWord = true;
    if (char === quote) quote = '';
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (char === '\\' && quote !== "'") word += line[++at] ?? '';
    else word += char;
  }
  words.push(word);
  return { words, raw: line.slice(start) };
}

/** As a shell of the Bourne family reads one word. */
export const shellQuoted = (word: string): string => word.replaceAll(/[^A-Za-z0-9_./:=@%+,-]/gu, (char) => `\\${char}`);
