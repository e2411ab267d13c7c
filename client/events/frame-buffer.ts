/**
 * Frames that arrived and were not yet taken. Ephemeral progress is coalesced: of one running node only the newest
 * report waits, in the place of the oldest, so that a slow consumer sees the present and not a history. @pure
 */
import type { ReceivedFrame, StreamDisconnected } from './stream-cursor.ts';

export type BufferedFrame = ReceivedFrame | StreamDisconnected;

/** Past this many waiting frames the stream disconnects, and resumes by sequence once half of them are taken. */
export const BUFFER_MAX = 10_000;

export class FrameBuffer {
  #frames: BufferedFrame[] = [];
  #head = 0;
  /** Where a node's waiting progress stands, as an absolute position. */
  #progress = new Map<string, number>();
  #removed = 0;

  get length(): number {
    return this.#frames.length - this.#head;
  }
  get full(): boolean {
    return this.length >= BUFFER_MAX;
  }
  get roomy(): boolean {
    return this.length <= BUFFER_MAX / 2;
  }

  push(frame: BufferedFrame): void {
    if (frame.name === 'invocation_progress') {
      const node = `${frame.item_id}/${frame.invocation_id}`;
      const waiting = this.#progress.get(node);
      if (waiting !== undefined) {
        this.#frames[waiting - this.#removed] = frame;
        return;
      }
      this.#progress.set(node, this.#removed + this.#frames.length);
    }
    this.#frames.push(frame);
  }

  shift(): BufferedFrame | undefined {
    const frame = this.#frames[this.#head];
    if (frame === undefined) return undefined;
    this.#head++;
    if (frame.name === 'invocation_progress') this.#progress.delete(`${frame.item_id}/${frame.invocation_id}`);
    if (this.#head >= 1_024 || this.#head === this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#removed += this.#head;
      this.#head = 0;
    }
    return frame;
  }
}
