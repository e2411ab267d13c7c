/**
 * Where in a queue's log an event stream stands. It decides for each frame whether the consumer gets it, and it
 * alone knows the number to resume from. @pure
 */
import type { QueueEvent } from '../../contract/event/registry.ts';
import type { StreamAcknowledge, StreamMessage } from '../../contract/event/stream.ts';

/** Everything that a socket brings, discriminated by `name`. */
export type ReceivedFrame = QueueEvent | StreamMessage;

/** Everything that a stream yields: the marks are between it and the service. */
export type StreamFrame = Exclude<ReceivedFrame, StreamAcknowledge>;

/** A connection that had said hello has ended; between the last of its frames and the first of the next one. */
export interface StreamDisconnected {
  name: 'disconnected';
}

/**
 * deliver   new to the consumer.
 * repeated  seen before (a resume that overlaps): drop it.
 * gap       something before it never arrived: drop it and resume from the cursor.
 */
export type Verdict = 'deliver' | 'repeated' | 'gap';

export class StreamCursor {
  #sequence: number | null;

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
  accept(frame: ReceivedFrame): Verdict {
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
      case 'acknowledge':
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

  #advance(sequence: number): void {
    if (this.#sequence === null || sequence > this.#sequence) this.#sequence = sequence;
  }
}
