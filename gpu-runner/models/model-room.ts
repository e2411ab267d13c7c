/** Whether there is room for one more model within the budget, and what has to go for it. @pure */
import { megabytes } from './megabytes.ts';

export class ModelMemoryError extends Error {
  override name = 'ModelMemoryError';
}

/** What a model takes, or will take. `holds` are the invocations that use it, or wait for it. */
export interface Place<Hold = unknown> {
  readonly bytes: number;
  readonly holds: ReadonlySet<Hold>;
  state: 'waiting' | 'loading' | 'loaded';
}

export interface Memory<Entry extends Place> {
  budget: number;
  /** Bytes that are taken. */
  usage: number;
  /** Who waits for room. */
  line: readonly Entry[];
  /** Models that are loaded or being loaded, in the order of their last use. */
  kept: readonly Entry[];
  /** How much items need a model: of two that nobody holds the one with less goes first. */
  need: (entry: Entry) => number;
}

export type Room<Entry> =
  /** When these have gone; `isOver`: over the budget all the same. */
  | { kind: 'room'; leaving: Entry[]; isOver: boolean }
  /** Others will end, and leave some. */
  | { kind: 'wait' }
  /** Not for this one of those that want it. */
  | { kind: 'never'; hold: HoldOf<Entry>; error: ModelMemoryError };

type HoldOf<Entry> = Entry extends Place<infer Hold> ? Hold : never;

export function makeRoom<Entry extends Place>(first: Entry, memory: Memory<Entry>): Room<Entry> {
  const { budget, usage, line, kept, need } = memory;
  const idle = kept.filter(({ state, holds }) => state === 'loaded' && holds.size === 0);
  // The sort is stable: what was used least recently stays before the rest.
  idle.sort((a, b) => need(a) - need(b));
  const leaving: Entry[] = [];
  let missing = usage + first.bytes - budget;
  for (const entry of idle) {
    if (missing <= 0) break;
    leaving.push(entry);
    missing -= entry.bytes;
  }
  if (missing <= 0) return { kind: 'room', leaving, isOver: false };
  for (const hold of first.holds) {
    const own = kept.reduce((sum, { holds, bytes }) => sum + (holds.has(hold) ? bytes : 0), first.bytes);
    if (own > budget) return { kind: 'never', hold: hold as HoldOf<Entry>, error: tooMuch(own, budget) };
  }
  // Who waits gives nothing back: if all who hold something wait, nobody ever will.
  const waiting = new Set(line.flatMap(({ holds }) => [...holds]));
  const willEnd = ({ state, holds }: Entry) => state === 'loading' || [...holds].some((hold) => !waiting.has(hold));
  return kept.some(willEnd) ? { kind: 'wait' } : { kind: 'room', leaving, isOver: true };
}

const tooMuch = (own: number, budget: number): ModelMemoryError =>
  new ModelMemoryError(
    `with the other models of its node it takes about ${megabytes(own)}, and loaded models may take ` +
      `${megabytes(budget)} (--model-memory) here`,
  );
