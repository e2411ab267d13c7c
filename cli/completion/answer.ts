/** What the script of a shell is answered. @pure */
import type { Candidate } from './candidates.ts';
import type { Shell } from './scripts.ts';
import { shellQuoted, type TypedLine, typedLine } from './shell-words.ts';

/** bash and PowerShell hand over the line as it is typed, the others its words. */
export function wordsOf(shell: Shell, given: readonly string[]): string[] {
  if (shell === 'zsh' || shell === 'fish') return [...given];
  const { words } = lineOf(given);
  return words;
}

/** Without what stands before the command's name, and without the name. */
function lineOf([line = '']: readonly string[]): TypedLine {
  const { words, raw } = typedLine(line);
  const first = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  return { words: words.slice(Math.max(0, first) + 1), raw };
}

/** `values` are whole words that the one being typed may become; those that do not begin like it are left out. */
export function answerLines(
  shell: Shell,
  given: readonly string[],
  { values, files }: { values: readonly Candidate[]; files: boolean },
): string[] {
  const typed = wordsOf(shell, given).at(-1) ?? '';
  const fitting = values.filter(({ value }) => value.startsWith(typed)).map(plain);
  if (files && fitting.length === 0) return ['files'];
  const mode = fitting.length > 0 && fitting.every(({ value }) => value.endsWith('=')) ? 'partial' : 'values';
  return [mode, ...fitting.map((each) => lineFor(shell, each, typed, given[1] ?? ''))];
}

/** One line each, whatever somebody called a batch. */
const plain = ({ value, description }: Candidate): Candidate => ({
  value: value.replaceAll(/\p{Cc}/gu, ' '),
  description: description.replaceAll(/\p{Cc}/gu, ' '),
});

function lineFor(shell: Shell, { value, description }: Candidate, typed: string, rest: string): string {
  switch (shell) {
    case 'bash':
      return shellQuoted(value.slice(keptByBash(typed, rest)));
    case 'zsh': {
      const escaped = value.replaceAll('\\', '\\\\').replaceAll(':', '\\:');
      return description === '' ? escaped : `${escaped}:${description}`;
    }
    default:
      return description === '' ? value : `${value}\t${description}`;
  }
}

/**
 * bash takes what is behind the last `:` or `=` for the word that it completes, and puts an answer in place of that
 * alone. `rest` is what it takes it for.
 */
function keptByBash(typed: string, rest: string): number {
  const breaks = Math.max(typed.lastIndexOf(':'), typed.lastIndexOf('='));
  return typed === rest || rest.length > typed.length - breaks ? 0 : breaks + 1;
}
