/**
 * Which ticket a device child works on, written where its sudden death does not lose it: a file without a name that the
 * agent opened and the child inherits. A message could still be in the child's memory when native code kills it, and
 * then the wrong session would be blamed. One write of eight bytes costs about a microsecond.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const NOTHING = 0;

/** The agent's side: opens the file and takes its name away, so that no end of a process leaves it behind. */
export function openRecorder(folder: string = os.tmpdir()): number {
  const file = path.join(fs.mkdtempSync(path.join(folder, 'switchyard-')), 'recorder');
  const fd = fs.openSync(file, 'wx+');
  fs.rmSync(path.dirname(file), { recursive: true });
  writeTicket(fd, null);
  return fd;
}

export function writeTicket(fd: number, ticket: number | null): void {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(ticket ?? NOTHING);
  fs.writeSync(fd, bytes, 0, 8, 0);
}

export function readTicket(fd: number): number | null {
  const bytes = Buffer.alloc(8);
  fs.readSync(fd, bytes, 0, 8, 0);
  const ticket = bytes.readDoubleLE();
  return ticket === NOTHING ? null : ticket;
}
