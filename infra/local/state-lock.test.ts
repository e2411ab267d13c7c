import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StateLock, StateLockedError } from './state-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'switchyard-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('one holder at a time, also within a process', () => {
  const file = path.join(folder, 'lock');
  const lock = new StateLock(file);
  expect(() => new StateLock(file)).toThrow(StateLockedError);
  lock.release();
  new StateLock(file).release();
});

test('the lock of a killed process is free at once', async () => {
  const file = path.join(folder, 'lock');
  const source = `
    import { StateLock } from ${JSON.stringify(new URL('./state-lock.ts', import.meta.url).href)};
    globalThis.lock = new StateLock(${JSON.stringify(file)});
    process.stdout.write('held');
    setInterval(() => {}, 1_000);`;
  const holder = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', source],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await once(holder.stdout, 'data');
  expect(() => new StateLock(file)).toThrow(StateLockedError);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  new StateLock(file).release();
});
