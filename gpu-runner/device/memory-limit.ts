/**
 * How much memory a device process may take, and its last words when it took more: the thread that ends it leaves them
 * behind the flight records, where the agent reads them.
 */
import fs from 'node:fs';
import bytes from 'bytes';

const PART = 0.9;

/** Most of what the machine has, or of what its control group may take; the rest is for the agent and the system. */
export function defaultMemoryLimit({ total, constrained }: { total: number; constrained: number }): number {
  return Math.floor(PART * (constrained > 0 ? Math.min(total, constrained) : total));
}

/** Where the two numbers stand, as f64: far behind all flight records. */
export const MEMORY_END_AT = 64 * 1024;

export interface MemoryEnd {
  /** Bytes that the process took when it was ended. */
  taken: number;
  limit: number;
}

export const tookTooMuch = ({ taken, limit }: MemoryEnd): string =>
  `it took ${sized(taken)} of memory, and ${sized(limit)} is what it may (--memory-limit)`;

const sized = (size: number): string => bytes.format(size, { unitSeparator: ' ', decimalPlaces: 1 }) ?? String(size);

/** null: the process did not end for its memory. */
export function readMemoryEnd(fd: number): MemoryEnd | null {
  const [taken, limit] = numbersAt(fd);
  return limit > 0 ? { taken, limit } : null;
}

export function clearMemoryEnd(fd: number): void {
  fs.writeSync(fd, new Float64Array(2), 0, Float64Array.BYTES_PER_ELEMENT * 2, MEMORY_END_AT);
}

function numbersAt(fd: number): [number, number] {
  const numbers = new Float64Array(2);
  fs.readSync(fd, numbers, 0, numbers.byteLength, MEMORY_END_AT);
  return [numbers[0] ?? 0, numbers[1] ?? 0];
}
