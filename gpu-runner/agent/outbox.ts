/**
 * Entries on their way to the queue, one line for each item. Within a line they go in order and each stays until it is
 * answered; lines do not wait for each other, so an upload holds back the later entries of its own item alone. @pure
 */
import type { CallbackAnswer, CallbackKind } from '../../contract/runner/callbacks.ts';
import { isLast } from '../device/messages.ts';

/** Answered entries of a line that are kept, in case the queue says that it misses something. */
export const ANSWERED_KEPT = 64;

export interface OutboxEntry {
  kind: CallbackKind;
  /** As it goes on the wire. */
  json: string;
}

interface Cell extends OutboxEntry {
  /** How many assets its line had held by then: of those, none may be unstored when the entry goes. */
  held: number;
}

interface Line {
  cells: Cell[];
  /** Cells before this one are answered. */
  answered: number;
  /** Cells before this one are answered or in flight. */
  sent: number;
  /** Assets that the line has held, counted. */
  held: number;
  /** Those that are not stored yet, in the order in which they came: each with the count that it made. */
  unstored: Map<string, number>;
  /** The queue missed something and everything kept was sent again; once more means that it is lost. */
  rewound: boolean;
}

export interface Posted {
  ticket: number;
  entry: OutboxEntry;
}

/**
 * finished  the last entry of the line is recorded.
 * lost      the lease ended, or the item is final: stop and discard.
 * invalid   the queue refuses an entry for what it says: the item fails.
 * missing   the queue lacks earlier results, and they are not here any more: give the item back.
 */
export interface Outcome {
  ticket: number;
  outcome: 'finished' | 'lost' | 'invalid' | 'missing';
  detail: string | undefined;
}

export interface Answer {
  answer: CallbackAnswer;
  detail?: string | undefined;
}

export class Outbox {
  readonly #lines = new Map<number, Line>();

  append(ticket: number, entry: OutboxEntry): void {
    const line = this.#lines.get(ticket) ?? emptyLine();
    this.#lines.set(ticket, line);
    line.cells.push({ ...entry, held: line.held });
  }

  /** Holds back what is appended to the line from now on until `asset` is stored. */
  hold(ticket: number, asset: string): void {
    const line = this.#lines.get(ticket) ?? emptyLine();
    this.#lines.set(ticket, line);
    if (!line.unstored.has(asset)) line.unstored.set(asset, ++line.held);
  }

  /** An asset is stored: nothing waits for it any more. */
  stored(asset: string): void {
    for (const line of this.#lines.values()) line.unstored.delete(asset);
  }

  /** Lines that wait for an asset. */
  waitingFor(asset: string): number[] {
    return [...this.#lines].filter(([, line]) => line.unstored.has(asset)).map(([ticket]) => ticket);
  }

  /** Takes what may go now, up to the limits; at least one entry when there is one. */
  take(limit: { entries: number; characters: number }): Posted[] {
    const posted: Posted[] = [];
    let room = limit.characters;
    for (const [ticket, line] of this.#lines) {
      const [first = Number.POSITIVE_INFINITY] = line.unstored.values();
      for (let cell = line.cells[line.sent]; cell; cell = line.cells[line.sent]) {
        if (first <= cell.held) break;
        if (posted.length >= limit.entries || (posted.length > 0 && cell.json.length > room)) return posted;
        room -= cell.json.length;
        line.sent += 1;
        posted.push({ ticket, entry: cell });
      }
    }
    return posted;
  }

  /** The post was not answered: everything in flight goes again, in the same order. */
  unsent(): void {
    for (const line of this.#lines.values()) line.sent = line.answered;
  }

  /** Reads the answers to `posted`, one for one. Lines dropped or changed meanwhile are left alone. */
  settle(posted: readonly Posted[], answers: readonly Answer[]): Outcome[] {
    const outcomes: Outcome[] = [];
    const over = new Set<number>();
    posted.forEach(({ ticket, entry }, index) => {
      const line = this.#lines.get(ticket);
      const given = answers[index];
      if (!line || !given || over.has(ticket) || line.cells[line.answered] !== entry) return;
      const outcome = this.#answer(line, entry, given.answer);
      if (outcome === 'next') return;
      over.add(ticket);
      if (outcome !== 'again') outcomes.push({ ticket, outcome, detail: given.detail });
    });
    return outcomes;
  }

  #answer(line: Line, entry: OutboxEntry, answer: CallbackAnswer): Outcome['outcome'] | 'next' | 'again' {
    switch (answer) {
      case 'recorded':
      case 'repeated':
        line.answered += 1;
        if (answer === 'recorded') line.rewound = false;
        if (line.answered > ANSWERED_KEPT * 2) forgetAnswered(line);
        return isLast(entry.kind) ? 'finished' : 'next';
      case 'stale':
      case 'gone':
        return 'lost';
      case 'invalid':
        return 'invalid';
      case 'premature': {
        if (line.rewound || line.answered === 0) return 'missing';
        line.answered = 0;
        line.sent = 0;
        line.rewound = true;
        return 'again';
      }
    }
  }

  /** Drops a whole line; answers to what is in flight are then left alone. */
  drop(ticket: number): void {
    this.#lines.delete(ticket);
  }

  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** Entries that are not answered. */
  get size(): number {
    let size = 0;
    for (const line of this.#lines.values()) size += line.cells.length - line.answered;
    return size;
  }
}

function emptyLine(): Line {
  return { cells: [], answered: 0, sent: 0, held: 0, unstored: new Map(), rewound: false };
}

function forgetAnswered(line: Line): void {
  line.cells.splice(0, ANSWERED_KEPT);
  line.answered -= ANSWERED_KEPT;
  line.sent -= ANSWERED_KEPT;
}
