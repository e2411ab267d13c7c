import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { EXIT } from './edge-error.ts';

const MAIN = path.join(import.meta.dirname, '../main.ts');

test.each([
  [['--profile', '/tmp', '--sessions', '2'], 'error: --profile takes one session at a time: leave --sessions out'],
  [['--sessions', '0'], 'error: --sessions Too small'],
])('%j is a usage error that says what to do', (flags, message) => {
  const required = ['--url', 'http://127.0.0.1:1', '--key', 'k'];
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, ...required, ...flags],
    { encoding: 'utf8' },
  );
  expect([status, stderr]).toEqual([EXIT.usage, expect.stringContaining(message)]);
});
