import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identify, isRunning, parentOf, startOf } from './process-identity.ts';
import { beginRecord, endProcesses, readRecord, record } from './process-record.ts';

let folder: string;
let file: string;
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'switchyard-record-'));
  file = path.join(folder, 'processes');
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** A process that does nothing, in a group of its own. */
function idle(): ChildProcess & { pid: number } {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  children.push(child);
  if (child.pid === undefined) throw new Error('sleep did not start');
  return child as ChildProcess & { pid: number };
}
const exit = (child: ChildProcess) => new Promise((resolve) => child.once('exit', resolve));

test('a process is known by its id and its start; one that ended is none', async () => {
  const child = idle();
  const identity = identify(child.pid);
  expect(identity).toEqual({ pid: child.pid, started: startOf(child.pid) });
  expect(identity && isRunning(identity)).toBe(true);
  expect(parentOf(child.pid)).toBe(process.platform === 'linux' ? process.pid : null);
  const gone = exit(child);
  child.kill('SIGKILL');
  await gone;
  expect(identity && isRunning(identity)).toBe(false);
  expect(identify(child.pid)).toBeNull();
});

test('what was recorded is read back by role', () => {
  const runner = idle();
  beginRecord(file, [{ role: 'front', pid: 1, started: '2' }]);
  record(file, 'host', process.pid);
  record(file, 'runner', runner.pid);
  appendFileSync(file, 'workerd 7 Fri Nov 21 05:24:43 2026\n');
  const { front, host, parts } = readRecord(file);
  expect(front).toEqual({ role: 'front', pid: 1, started: '2' });
  expect(host?.pid).toBe(process.pid);
  expect(parts.map(({ role, pid }) => [role, pid])).toEqual([
    ['runner', runner.pid],
    ['workerd', 7],
  ]);
  beginRecord(file, []);
  expect(readRecord(file)).toEqual({ front: undefined, host: undefined, parts: [] });
});

test('a missing or damaged record names nobody', () => {
  expect(readRecord(file).parts).toEqual([]);
  writeFileSync(file, 'runner x y\nrunner 12\nstranger 1 2\n\nrunn');
  expect(readRecord(file).parts).toEqual([]);
});

test('ending ends what still runs and leaves a recycled id alone', async () => {
  const [ours, stranger] = [idle(), idle()];
  beginRecord(file, [{ role: 'runner', pid: stranger.pid, started: 'long ago' }]);
  record(file, 'runner', ours.pid);
  const gone = exit(ours);
  await endProcesses(readRecord(file).parts);
  await gone;
  expect(startOf(ours.pid)).toBeNull();
  expect(startOf(stranger.pid)).not.toBeNull();
});
