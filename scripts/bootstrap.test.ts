import { type ChildProcessByStdio, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fits, runsTypeScript } from './bootstrap.mjs';

test.each([
  ['v20.20.2', false],
  ['v22.17.1', false],
  ['v22.18.0', true],
  ['v23.5.0', false],
  ['v23.6.0', true],
  ['v24.0.0', true],
])('%s runs TypeScript: %s', (version, expected) => {
  expect(runsTypeScript(version)).toBe(expected);
});

describe('fits', () => {
  const wanted = {
    packages: {
      '': { version: '0.1.0' },
      'node_modules/a': { version: '1.0.0', integrity: 'x' },
      'cli/node_modules/b': { version: '2.0.0', integrity: 'y' },
      'node_modules/elsewhere': { version: '3.0.0', optional: true },
    },
  };
  const installed = {
    packages: {
      'node_modules/a': { version: '1.0.0', integrity: 'x' },
      'cli/node_modules/b': { version: '2.0.0', integrity: 'y' },
    },
  };

  test('lets packages for other platforms be missing', () => {
    expect(fits(wanted, installed)).toBe(true);
  });

  test('notices what is missing, older, or other than locked', () => {
    const { 'node_modules/a': a, ...others } = installed.packages;
    expect(fits(wanted, { packages: others })).toBe(false);
    expect(fits(wanted, { packages: { ...others, 'node_modules/a': { ...a, version: '0.9.0' } } })).toBe(false);
    expect(fits(wanted, { packages: { ...others, 'node_modules/a': { ...a, integrity: 'z' } } })).toBe(false);
  });
});

type Program = ChildProcessByStdio<null, Readable, Readable>;

/** Everything a program prints, and a wait for a piece of it. */
function listen(program: Program) {
  let text = '';
  const waiting = new Set<() => void>();
  for (const stream of [program.stdout, program.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (const wake of waiting) wake();
    });
  }
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    program.once('close', (code, signal) => resolve({ code, signal }));
  });
  const says = (piece: string | RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        if (typeof piece === 'string' ? text.includes(piece) : piece.test(text)) resolve(text);
      };
      waiting.add(look);
      look();
      ended.then(() => reject(new Error(`ended without saying ${piece}: ${text}`)));
    });
  return { says, ended, text: () => text };
}

/** A checkout in miniature: the real bootstrap, a lockfile, and an npm that only notes that it was called. */
describe('a checkout', () => {
  let root: string;
  let programs: Program[];

  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-bootstrap-'));
    programs = [];
    fs.mkdirSync(path.join(root, 'scripts'));
    fs.mkdirSync(path.join(root, 'bin'));
    fs.copyFileSync(path.join(import.meta.dirname, 'bootstrap.mjs'), path.join(root, 'scripts/bootstrap.mjs'));
    fs.writeFileSync(path.join(root, 'package-lock.json'), '{}');
    const npm = [
      `#!${process.execPath}`,
      `const fs = require('fs');`,
      `fs.appendFileSync('calls', process.argv.slice(2, 4).join(' ') + '\\n');`,
      `fs.mkdirSync('node_modules', { recursive: true });`,
      `const look = () => fs.existsSync('go') ? process.exit(Number(fs.readFileSync('go', 'utf8'))) : setTimeout(look, 5);`,
      `look();`,
    ];
    fs.writeFileSync(path.join(root, 'bin/npm'), npm.join('\n'), { mode: 0o755 });
    const program = [
      `process.on('SIGTERM', () => process.exit(7));`,
      `process.on('SIGINT', () => process.exit(8));`,
      `console.log(JSON.stringify({ pid: process.pid, args: process.argv.slice(2), path: process.env.PATH }));`,
      `if (process.argv[2] === 'wait') setInterval(() => {}, 60_000); else process.exitCode = Number(process.argv[2]);`,
    ];
    fs.writeFileSync(
      path.join(root, 'program.ts'),
      `const typed: number = 1;\n${program.join('\n')}\nexport { typed };\n`,
    );
  });

  afterEach(() => {
    for (const program of programs) program.kill('SIGKILL');
    fs.rmSync(root, { recursive: true, force: true });
  });

  const allowInstall = (code = 0) => fs.writeFileSync(path.join(root, 'go'), String(code));
  const calls = () => fs.readFileSync(path.join(root, 'calls'), 'utf8').trim().split('\n');

  /** `parent`: as on a Node that cannot become another program. */
  function start(args: string[], as: 'self' | 'parent' = 'self') {
    const { npm_execpath: _, ...environment } = process.env;
    const flags = as === 'parent' ? ['--import', 'data:text/javascript,process.execve=undefined'] : [];
    const argv = [...flags, path.join(root, 'scripts/bootstrap.mjs'), 'program.ts', ...args];
    const program = spawn(process.execPath, argv, {
      cwd: os.tmpdir(),
      env: { ...environment, PATH: `${path.join(root, 'bin')}:${process.env.PATH}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    programs.push(program);
    return { program, ...listen(program) };
  }

  test.each(['self', 'parent'] as const)('installs once, then runs the program with its arguments (%s)', async (as) => {
    allowInstall();
    const first = start(['3', '--flag'], as);
    expect(await first.ended).toEqual({ code: 3, signal: null });
    const printed = JSON.parse(
      first
        .text()
        .split('\n')
        .find((line) => line.startsWith('{')) ?? '{}',
    );
    expect(printed.args).toEqual(['3', '--flag']);
    expect(printed.path.split(':')[0]).toBe(path.join(root, 'node_modules/.bin'));
    expect(first.text()).not.toContain('ExperimentalWarning');
    expect((await start(['0'], as).ended).code).toBe(0);
    expect(calls()).toEqual(['ci --ignore-scripts']);
  });

  test('installs again when the lockfile changed', async () => {
    allowInstall();
    await start(['0']).ended;
    fs.writeFileSync(path.join(root, 'package-lock.json'), '{ "changed": true }');
    await start(['0']).ended;
    expect(calls()).toHaveLength(2);
  });

  test('two at once install once', async () => {
    const one = start(['0']);
    await one.says('installing dependencies');
    const two = start(['0']);
    await two.says('another process is installing');
    allowInstall();
    expect([(await one.ended).code, (await two.ended).code]).toEqual([0, 0]);
    expect(calls()).toHaveLength(1);
    expect(fs.readdirSync(root).filter((name) => name.startsWith('.install'))).toEqual([]);
  });

  test('a lock whose holder is gone stops nobody', async () => {
    const gone = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => gone.once('close', resolve));
    fs.writeFileSync(path.join(root, '.install.lock'), String(gone.pid));
    allowInstall();
    expect((await start(['0']).ended).code).toBe(0);
  });

  test('a failed install is reported, runs nothing and keeps no lock', async () => {
    allowInstall(5);
    const failed = start(['0']);
    expect((await failed.ended).code).toBe(5);
    expect(failed.text()).toContain('npm ci failed');
    expect(failed.text()).not.toContain('"pid"');
    expect(fs.existsSync(path.join(root, '.install.lock'))).toBe(false);
  });

  test.each([
    ['self', 'SIGTERM', 7],
    ['parent', 'SIGTERM', 7],
    ['self', 'SIGINT', 8],
    ['parent', 'SIGINT', 8],
  ] as const)('%s: %s reaches the program and nothing is left', async (as, signal, code) => {
    allowInstall();
    const waiting = start(['wait'], as);
    const pid = Number(/"pid":(\d+)/.exec(await waiting.says('"pid"'))?.[1]);
    waiting.program.kill(signal);
    expect(await waiting.ended).toEqual({ code, signal: null });
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
