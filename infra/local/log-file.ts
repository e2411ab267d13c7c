/** Logs of long-lived processes, opened for appending. One that has grown large is set aside, and the one before it goes. */
import { openSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';

const LOG_BYTES_MAX = 16 * 1024 * 1024;

/** A file descriptor, for a child process to write to; the caller closes its own copy. */
export function openLog(folder: string, name: string): number {
  const file = path.join(folder, `${name}.log`);
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_BYTES_MAX) renameSync(file, `${file}.1`);
  return openSync(file, 'a');
}
