import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { EXIT } from './exit-code.ts';
import { createProgram } from './program.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const PAGE = readFileSync(path.join(ROOT, 'docs/cli.md'), 'utf8');

/** They have options of their own, or work on this machine alone. */
const WITHOUT_JSON = ['runner', 'completion'];

interface Verb {
  name: string;
  command: Command;
}

/** Every command that does something, by the way that it is typed. */
function verbsOf(command: Command, names: string[] = []): Verb[] {
  const shown = command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== 'help');
  if (shown.length === 0) return [{ name: names.join(' '), command }];
  return shown.flatMap((each) => verbsOf(each, [...names, each.name()]));
}

const verbs = verbsOf(createProgram());

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

describe('the command', () => {
  test('has the verbs that scripts and people rely on', () => {
    const names = verbs.map(({ name }) => name.split(' ')[0]);
    for (const verb of [
      ...['up', 'run', 'enqueue', 'watch', 'status', 'list', 'get', 'cancel', 'retry', 'clear', 'prune', 'pause'],
      ...['resume', 'queues', 'models', 'assets', 'keys', 'nodes', 'runner', 'runners', 'import', 'completion'],
    ])
      expect(names).toContain(verb);
  });

  describe.each(verbs)('$name', ({ name, command }) => {
    test('says what it does, with an example', () => {
      expect(command.description()).toMatch(/\S/);
      expect(helpOf(command)).toMatch(new RegExp(`\\nExample[^\\n]*:?\\n[^\\n]*\\b${name.split(' ')[0]}\\b`));
      for (const option of command.createHelp().visibleOptions(command))
        expect(option.description, option.flags).toMatch(/\S/);
      for (const argument of command.registeredArguments) expect(argument.description, argument.name()).toMatch(/\S/);
    });

    test.runIf(!WITHOUT_JSON.includes(name))('prints for programs', () => {
      expect(command.options.map(({ long }) => long)).toContain('--json');
    });

    test('stands in the page', () => {
      expect(PAGE).toMatch(new RegExp(`\`switchyard ${name}\\b`));
    });
  });

  test('exit codes are those of the page and of the help', () => {
    const inPage = [...PAGE.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
    const inHelp = [...helpWithCodes().matchAll(/^ {2}(\d+) /gm)].map(([, code]) => Number(code));
    expect(inPage).toEqual(Object.values(EXIT).toSorted((a, b) => a - b));
    expect(inHelp).toEqual(inPage);
  });

  test('the page names no command that is not there', () => {
    const named = [...PAGE.matchAll(/`switchyard ([a-z]+(?: [a-z]+)?)/g)].map(([, name = '']) => name);
    const all = new Set(verbs.flatMap(({ name }) => [name, name.split(' ')[0] ?? '']));
    for (const name of named) expect(all.has(name) || all.has(name.split(' ')[0] ?? ''), name).toBe(true);
  });
});

function helpWithCodes(): string {
  return helpOf(createProgram());
}
