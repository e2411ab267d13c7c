/**
 * The processes of a local system, in a file of its state folder: one line each, `role pid started`. The first is
 * the front, the process that a person started; when it is gone, the rest have no business running.
 */
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

/** Runners lead a process group with their device processes in it; workerd writes its own line (workerd.sh). */
export type Role = 'front' | 'host' | 'workerd' | 'runner';
export type RecordedProcess = ProcessIdentity & { role: Role };

const ENDED_POLL_MS = 20;
/** A killed process that does not go within this is stuck in the kernel; nobody can do more. */
const ENDED_WAIT_MS = 5_000;

export interface ProcessRecord {
  front: RecordedProcess | undefined;
  host: RecordedProcess | undefined;
  /** What the host started: workerd and runners. */
  parts: RecordedProcess[];
}

export function readRecord(file: string): ProcessRecord {
  const processes = readLines(file).flatMap((line) => {
    const [, role, pid, started] = /^(front|host|workerd|runner) (\d+) (.+)$/.exec(line) ?? [];
    return role && pid && started ? [{ role: role as Role, pid: Number(pid), started: started.trim() }] : [];
  });
  return {
    front: processes.find(({ role }) => role === 'front'),
    host: processes.find(({ role }) => role === 'host'),
    parts: processes.filter(({ role }) => role === 'workerd' || role === 'runner'),
  };
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** Begins the record anew, at once for every reader: nobody sees the new system's processes under the old front. */
export function beginRecord(file: string, processes: readonly RecordedProcess[]): void {
  writeFileSync(`${file}.new`, processes.map(lineOf).join(''));
  renameSync(`${file}.new`, file);
}

export function record(file: string, role: Role, pid: number): void {
  const identity = identify(pid);
  if (identity !== null) appendFileSync(file, lineOf({ role, ...identity }));
}

const lineOf = ({ role, pid, started }: RecordedProcess): string => `${role} ${pid} ${started}\n`;

/** Ends those that still run, at once, and resolves when they are gone. A recycled pid is left alone. */
export async function endProcesses(processes: readonly RecordedProcess[]): Promise<void> {
  const running = processes.filter(isRunning);
  for (const { role, pid } of running) signal(role === 'runner' ? -pid : pid, 'SIGKILL');
  for (const until = Date.now() + ENDED_WAIT_MS; running.some(isRunning) && Date.now() < until; )
    await sleep(ENDED_POLL_MS);
}

/** A negative id means the process group. That nobody is there to hear is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}
