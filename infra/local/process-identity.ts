/**
 * Who a process is: its id and when it started. An id alone is reused by the system, so whoever ends a process by a
 * number from a file has to compare both, or it ends a stranger.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  pid: number;
  /** As the system writes it: ticks since boot on Linux, a date elsewhere. Only ever compared. */
  started: string;
}

/** The fields of /proc/PID/stat after the program's name, which may hold spaces and brackets itself. */
const STAT_STATE = 0;
const STAT_PARENT = 1;
const STAT_STARTED = 19;

function stat(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** When the process started, or null when there is none; one that ended and waits to be reaped is none. */
export function startOf(pid: number): string | null {
  if (process.platform === 'linux') {
    const fields = stat(pid);
    if (fields === null || fields[STAT_STATE] === 'Z' || fields[STAT_STATE] === 'X') return null;
    return fields[STAT_STARTED] ?? null;
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

/** The parent of a process, where the system tells it cheaply; else null. */
export function parentOf(pid: number): number | null {
  const parent = stat(pid)?.[STAT_PARENT];
  return parent === undefined ? null : Number(parent);
}

export const isRunning = ({ pid, started }: ProcessIdentity): boolean => startOf(pid) === started;

export function identify(pid: number): ProcessIdentity | null {
  const started = startOf(pid);
  return started === null ? null : { pid, started };
}
