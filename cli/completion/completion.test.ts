import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { afterAll, describe, expect, test } from 'vitest';
import { createProgram } from '../program.ts';
import { answerLines } from './answer.ts';
import { ARGUMENT_SOURCES, completionOf, OPTION_SOURCES } from './candidates.ts';
import { knownValues } from './known-values.ts';
import { completionScript, SHELLS } from './scripts.ts';
import { shellQuoted, typedLine } from './shell-words.ts';

const program = createProgram();
const at = (line: string) => completionOf(program, typedLine(line).words.slice(1));
const values = (line: string) => at(line).candidates.map(({ value }) => value);

describe('what may stand', () => {
  test('at the beginning: every verb that is not hidden', () => {
    expect(values('switchyard ')).toEqual(expect.arrayContaining(['run', 'list', 'get', 'keys', 'completion', 'help']));
    expect(values('switchyard ')).not.toContain('__complete');
  });

  test.each([
    ['switchyard list --', '--status', '--limit', '--json', '--queue', '--help'],
    ['switchyard queues --', '--json', '--url'],
    ['switchyard queues ', 'list', 'show', 'create', 'set', 'delete'],
    ['switchyard list --status ', 'pending', 'failed'],
    ['switchyard list --limit 3 --status=', 'pending', 'failed'],
    ['switchyard completion ', 'bash', 'zsh', 'fish', 'powershell'],
  ])('after %j: %s and more', (line, ...wanted) => {
    expect(values(line)).toEqual(expect.arrayContaining(wanted));
  });

  test.each([
    ['switchyard get ', 'items'],
    ['switchyard cancel 3 ', 'open_items'],
    ['switchyard cancel 3 4 ', 'open_items'],
    ['switchyard get 3 ', null],
    ['switchyard retry ', 'ended_items'],
    ['switchyard list --batch ', 'batches'],
    ['switchyard enqueue w.json --batch ', null],
    ['switchyard list --queue=', 'queues'],
    ['switchyard enqueue ', 'files'],
    ['switchyard enqueue w.json --set ', 'fields'],
    ['switchyard get 3 --out ', 'files'],
    ['switchyard queues set --set ', 'settings'],
    ['switchyard queues create ', null],
    ['switchyard keys revoke ', 'keys'],
    ['switchyard runners drain ', 'runners'],
    ['switchyard get -- ', 'items'],
    ['switchyard nonsense ', null],
  ])('after %j: %s', (line, source) => {
    expect(at(line).source).toBe(source);
  });

  test('an option that was given is offered no more, unless it may be given again', () => {
    expect(values('switchyard enqueue w.json --priority 3 --set a=1 --')).not.toContain('--priority');
    expect(values('switchyard enqueue w.json --priority 3 --set a=1 --')).toContain('--set');
    expect(values('switchyard get -- --')).toEqual([]);
  });

  test('where values come from is said of nothing that is not there', () => {
    const there = new Set<string>();
    const walk = (command: Command, names: string[]) => {
      const path = names.join(' ');
      for (const argument of command.registeredArguments) there.add(`${path} ${argument.name()}`);
      for (const option of command.options)
        for (const name of [option.name(), `${path} ${option.name()}`]) there.add(name);
      for (const each of command.commands) walk(each, [...names, each.name()]);
    };
    walk(program, []);
    for (const key of [...Object.keys(ARGUMENT_SOURCES), ...Object.keys(OPTION_SOURCES)]) expect(there).toContain(key);
  });
});

describe('the words of a line', () => {
  test.each([
    ['switchyard  list  --st', ['switchyard', 'list', '--st'], '--st'],
    ['switchyard list ', ['switchyard', 'list', ''], ''],
    [`switchyard list --batch 'a b`, ['switchyard', 'list', '--batch', 'a b'], `'a b`],
    ['switchyard list a\\ b"c d"', ['switchyard', 'list', 'a bc d'], 'a\\ b"c d"'],
    [`a '\\' "\\""`, ['a', '\\', '"'], '"\\""'],
  ])('%s', (line, words, raw) => {
    expect(typedLine(line)).toEqual({ words, raw });
    expect(typedLine(words.map(shellQuoted).join(' ')).words).toEqual(words.map((word) => word));
  });

  test('what is offered cannot be taken for anything but a word', () => {
    const wild = 'a b$(touch x)`y`;\'"\\|&<>*?~#é';
    expect(execFileSync('bash', ['-c', `printf %s ${shellQuoted(wild)}`], { encoding: 'utf8' })).toBe(wild);
  });
});

test('each shell is answered in its own way', () => {
  const offered = [
    { value: 'acme:blur', description: 'Blur' },
    { value: 'acme:two words', description: '' },
    { value: 'other', description: '' },
  ];
  const answer = { values: offered, files: false };
  expect(answerLines('bash', ['switchyard x acme:b', 'b'], answer)).toEqual(['values', 'blur']);
  expect(answerLines('bash', ['switchyard x acme:b', 'acme:b'], answer)).toEqual(['values', 'acme:blur']);
  expect(answerLines('bash', ['A=1 switchyard x acme:', ''], answer)).toEqual(['values', 'blur', 'two\\ words']);
  expect(answerLines('zsh', ['x', 'acme'], answer)).toEqual(['values', 'acme\\:blur:Blur', 'acme\\:two words']);
  expect(answerLines('fish', ['x', ''], answer)).toEqual(['values', 'acme:blur\tBlur', 'acme:two words', 'other']);
  expect(answerLines('powershell', ['switchyard x o'], answer)).toEqual(['values', 'other']);
  expect(answerLines('fish', ['x', ''], { values: [], files: true })).toEqual(['files']);
  const fields = { values: [{ value: 'n.steps=', description: '' }], files: false };
  expect(answerLines('bash', ['switchyard x n', 'n'], fields)).toEqual(['partial', 'n.steps=']);
  const evil = { values: [{ value: 'one\ntwo', description: '' }], files: false };
  expect(answerLines('fish', ['o'], evil)).toEqual(['values', 'one two']);
});

test('without a service, a key or an answer nothing is offered, and soon', async () => {
  const env = { SWITCHYARD_URL: 'http://127.0.0.1:9', SWITCHYARD_KEY: 'k' };
  expect(await knownValues('items', at('switchyard get '), env)).toEqual([]);
  expect(await knownValues('queues', at('switchyard list --url nonsense --queue '), {})).toEqual([]);
  expect(await knownValues('fields', at('switchyard enqueue nothere.json --set '), {})).toEqual([]);
  const settings = await knownValues('settings', at('switchyard queues set --set '), env);
  expect(settings.map(({ value }) => value)).toContain('max_queue_size=');
});

describe('scripts', () => {
  test.each(SHELLS)('of %s asks and says how it is used', (shell) => {
    const script = completionScript(shell);
    expect(script).toContain(`__complete ${shell} --`);
    expect(script).toContain(`switchyard completion ${shell}`);
    expect(script).not.toMatch(/\beval\b|undefined/);
  });

  const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-completion-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const bash = spawnSync('bash', ['--version']).status === 0;

  test.runIf(bash)('bash completes what is typed, names files, and evaluates nothing', () => {
    const main = path.resolve(import.meta.dirname, '../main.ts');
    const command = path.join(folder, 'switchyard');
    writeFileSync(
      command,
      `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${main}' "$@"\n`,
    );
    chmodSync(command, 0o755);
    writeFileSync(path.join(folder, 'work flow.json'), '{"nodes":{"n":{"id":"n","type":"add","a":1}},"edges":[]}');
    const driver = `
      source <(switchyard completion bash)
      drive() {
        COMP_LINE=$1 COMP_POINT=\${#1}
        _switchyard switchyard "$2" ''
        printf '%s|' "\${COMPREPLY[@]}"; echo
      }
      drive 'switchyard pri' pri
      drive 'switchyard list --status=f' f
      drive 'switchyard enqueue wo' wo
      drive 'switchyard enqueue work\\ flow.json --set ' ''
      drive 'switchyard get $(touch pwned) --sess' --sess`;
    const run = spawnSync('bash', ['-c', driver], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    });
    expect(run.stderr).toBe('');
    expect(run.stdout.split('\n')).toEqual(['priority|', 'failed|', 'work flow.json|', 'n.a=|', '--session|', '']);
    expect(spawnSync('ls', [folder], { encoding: 'utf8' }).stdout).not.toContain('pwned');
  });
});
