/**
 * What a device child works on, written where its sudden death does not lose it: a file without a name that the agent
 * opened and the child inherits. A message could still be in the child's memory when native code kills it, and then the
 * wrong session would be blamed. One write of some bytes costs about a microsecond.
 *
 * Each session that the device runs at a time has a slot of its own: 512 bytes, of which are used
 *
 *   0   f64  sequence: rises by one with every write of the process, so the highest one is who was on the thread last
 *   8   f64  ticket; 0: the slot is idle
 *   16  u16  length of the invocation's id; 0: the session is between its nodes
 *   18  …    the id, in ASCII
 *   …   f64  sequence again: where it differs, the process died while it wrote
 *
 * With one session at a time the record is exact. With several, the thread changes hands at every wait. What is known
 * here is written: a node begins, or goes on after a checkpoint, a read or a model. What is not known: a wait of the
 * node's own, among them the turn that onnxruntime takes before it infers. `current` is then the session that was seen
 * last, and the culprit may be another one of `running`.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const SLOT_BYTES = 512;
/** Sessions of a device at a time, at most. */
export const SLOTS_MAX = 64;
const HEAD_BYTES = 18;
const SEQUENCE_BYTES = 8;
/** A longer id, of a node deep inside nested iterations, is left out. */
const ID_LENGTH_MAX = SLOT_BYTES - HEAD_BYTES - SEQUENCE_BYTES;

export interface RunningSession {
  ticket: number;
  /** The node that it ran, or ran last; null before its first one. */
  invocation_id: string | null;
}

export interface FlightRecord {
  running: RunningSession[];
  /** The ticket of that among them which was on the thread last, as far as that is known. */
  current: number | null;
  /** Of the last write: while it stays, no other session has had the thread. */
  sequence: number;
}

/** The agent's side: opens the file and takes its name away, so that no end of a process leaves it behind. */
export function openRecorder(folder: string = os.tmpdir()): number {
  const file = path.join(fs.mkdtempSync(path.join(folder, 'switchyard-')), 'recorder');
  const fd = fs.openSync(file, 'wx+');
  fs.rmSync(path.dirname(file), { recursive: true });
  clearRecord(fd);
  return fd;
}

/** Nothing is worked on. It also takes the room on the disk, which may be full later. */
export function clearRecord(fd: number): void {
  fs.writeSync(fd, Buffer.alloc(SLOT_BYTES * SLOTS_MAX), 0, SLOT_BYTES * SLOTS_MAX, 0);
}

/** What the last process worked on. Slots that are torn, or that nobody could have written, are left out. */
export function readRecord(fd: number): FlightRecord {
  const bytes = Buffer.alloc(SLOT_BYTES * SLOTS_MAX);
  const length = fs.readSync(fd, bytes, 0, bytes.length, 0);
  const running: (RunningSession & { sequence: number })[] = [];
  for (let at = 0; at + SLOT_BYTES <= length; at += SLOT_BYTES) {
    const slot = readSlot(bytes.subarray(at, at + SLOT_BYTES));
    if (slot) running.push(slot);
  }
  running.sort((a, b) => b.sequence - a.sequence);
  return {
    running: running.map(({ ticket, invocation_id }) => ({ ticket, invocation_id })),
    current: running[0]?.ticket ?? null,
    sequence: running[0]?.sequence ?? 0,
  };
}

function readSlot(bytes: Buffer): (RunningSession & { sequence: number }) | null {
  const sequence = bytes.readDoubleLE(0);
  const ticket = bytes.readDoubleLE(8);
  const length = bytes.readUInt16LE(16);
  if (!Number.isSafeInteger(ticket) || ticket < 1 || length > ID_LENGTH_MAX) return null;
  if (!(sequence >= 1) || bytes.readDoubleLE(HEAD_BYTES + length) !== sequence) return null;
  const invocation_id = length === 0 ? null : bytes.toString('latin1', HEAD_BYTES, HEAD_BYTES + length);
  return { sequence, ticket, invocation_id };
}

/** A session that keeps the thread says so again after so long: others that wait are seen to have had their chance. */
export const REWRITTEN_MS = 100;

interface Slot {
  bytes: Buffer;
  idLength: number;
}

/** The child's side. */
export class FlightRecorder {
  readonly #fd: number;
  readonly #slots: Slot[];
  readonly #now: () => number;
  #sequence = 0;
  #onThread = -1;
  #writtenAt = 0;

  /** `now` is monotonic, in milliseconds. */
  constructor(fd: number, sessions: number, now: () => number) {
    this.#fd = fd;
    this.#now = now;
    const count = Math.min(sessions, SLOTS_MAX);
    this.#slots = Array.from({ length: count }, () => ({ bytes: Buffer.alloc(SLOT_BYTES), idLength: 0 }));
  }

  /** To be called before what it names runs. */
  works(slot: number, ticket: number, invocation_id: string | null): void {
    const target = this.#slots[slot];
    if (!target) return;
    const { bytes } = target;
    bytes.writeDoubleLE(ticket, 8);
    target.idLength = invocation_id === null || invocation_id.length > ID_LENGTH_MAX ? 0 : invocation_id.length;
    bytes.writeUInt16LE(target.idLength, 16);
    if (target.idLength > 0) bytes.write(invocation_id ?? '', HEAD_BYTES, 'latin1');
    this.#write(slot, target);
  }

  /** The session of this slot goes on after a wait, in which another one may have had the thread. */
  goesOn(slot: number): void {
    const target = this.#slots[slot];
    if (!target) return;
    if (this.#onThread !== slot || this.#now() - this.#writtenAt >= REWRITTEN_MS) this.#write(slot, target);
  }

  rests(slot: number): void {
    this.works(slot, 0, null);
  }

  #write(slot: number, { bytes, idLength }: Slot): void {
    this.#onThread = slot;
    this.#writtenAt = this.#now();
    this.#sequence += 1;
    const end = HEAD_BYTES + idLength;
    bytes.writeDoubleLE(this.#sequence, 0);
    bytes.writeDoubleLE(this.#sequence, end);
    try {
      fs.writeSync(this.#fd, bytes, 0, end + SEQUENCE_BYTES, slot * SLOT_BYTES);
    } catch {
      // A disk that fails must not end sessions: without a record the agent suspects whatever was running.
    }
  }
}
