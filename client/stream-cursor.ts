/**
 * Where in a queue's log an event stream stands. It decides for each frame whether the consumer gets it, and it
 * alone knows the number to resume from. @pure
 */
import type { QueueEvent } from '../contract/event/registry.ts';
import { ACKNOWLEDGE_EVERY, type StreamMessage } from '../contract/event/stream.ts';

/** Everything that a stream yields, discriminated by `name`. */
export type StreamFrame = QueueEvent | StreamMessage;

/**
 * deliver   new to the consumer.
 * repeated  seen before (a resume that overlaps): drop it.
 * gap       something before it never arrived: drop it and resume from the cursor.
 */
export type Verdict = 'deliver' | 'repeated' | 'gap';

export class StreamCursor {
  #sequence: number | null;
  #acknowledged: number | null = null;
  #sinceAcknowledged = 0;

  constructor(after: number | null = null) {
    this.#sequence = after;
  }

  /** The last sequence that was delivered; null before the service named one. */
  get sequence(): number | null {
    return this.#sequence;
  }

  /**
   * A filtered stream skips numbers, so `prev` decides: what it names must have been seen. It may be older than
   * the cursor, which also moves on the `live` mark past events of others.
   */
  accept(frame: StreamFrame): Verdict {
    switch (frame.name) {
      case 'hello':
        if (frame.mode === 'current') this.#advance(frame.sequence);
        return 'deliver';
      case 'snapshot':
        // The only message that may move back: a log that was lost or replaced starts over.
        this.#sequence = frame.sequence;
        return 'deliver';
      case 'live':
        this.#advance(frame.sequence);
        return 'deliver';
    }
    if (frame.sequence === undefined) return 'deliver';
    if (this.#sequence !== null) {
      if (frame.sequence <= this.#sequence) return 'repeated';
      if ((frame.prev ?? 0) > this.#sequence) return 'gap';
    }
    this.#sequence = frame.sequence;
    return 'deliver';
  }

  /**
   * Told of each frame that the consumer took; answers with the sequence to acknowledge when one is due. The first
   * event is acknowledged at once: the service protects only those who acknowledge from drowning.
   */
  taken(frame: StreamFrame): number | null {
    if (!('sequence' in frame) || frame.sequence === undefined || frame.name === 'hello') return null;
    this.#sinceAcknowledged++;
    if (this.#acknowledged !== null && this.#sinceAcknowledged < ACKNOWLEDGE_EVERY) return null;
    this.#acknowledged = frame.sequence;
    this.#sinceAcknowledged = 0;
    return frame.sequence;
  }

  /** A new socket knows of no acknowledgement. */
  reconnected(): void {
    this.#acknowledged = null;
  }

  #advance(sequence: number): void {
    if (this.#sequence === null || sequence > this.#sequence) this.#sequence = sequence;
  }
}
