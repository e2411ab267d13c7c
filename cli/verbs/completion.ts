/** `completion`: the script of a shell, and what that script asks for while a person types. */
import type { Command } from 'commander';
import { answerLines, wordsOf } from '../completion/answer.ts';
import { type Candidate, completionOf } from '../completion/candidates.ts';
import { knownValues } from '../completion/known-values.ts';
import { completionScript, type Shell } from '../completion/scripts.ts';
import { EXIT } from '../exit-code.ts';

export async function completion(shell: Shell): Promise<number> {
  process.stdout.write(completionScript(shell));
  return EXIT.ok;
}

/** Says nothing but values, whatever is wrong. */
export async function complete(program: Command, shell: Shell, given: readonly string[]): Promise<number> {
  const found = completionOf(program, wordsOf(shell, given));
  const { source, candidates, prefix } = found;
  const known: Candidate[] = source === null || source === 'files' ? [] : await knownValues(source, found, process.env);
  const values = [...candidates, ...known].map((each) => ({ ...each, value: prefix + each.value }));
  const lines = answerLines(shell, given, { values, files: source === 'files' });
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.ok;
}
