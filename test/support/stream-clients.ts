/** Clients of an event stream without sockets: one that is connected all the time, and one that comes back. */
import type { Principal } from '../../contract/store/key.ts';
import type { LogRow } from '../../edge/queue/fact.ts';
import { type Filter, render } from '../../edge/queue/render.ts';
import {
  advance,
  answer,
  follow,
  framesFor,
  newStream,
  open,
  type StreamState,
  viewerOf,
} from '../../edge/queue/stream.ts';
import type { QueueFixture } from './queue-fixture.ts';

export interface Frame {
  sequence: number;
  prev: number;
  name: string;
  [field: string]: unknown;
}

/** Connected from before the first event; answers no marks, and is sent everything all the same. */
export class Listener {
  readonly principal: Principal;
  readonly filter: Filter;
  readonly state: StreamState;
  readonly frames: Frame[] = [];

  constructor(principal: Principal, filter: Filter = {}) {
    this.principal = principal;
    this.filter = filter;
    this.state = { ...newStream(viewerOf(principal), filter), live: true };
  }

  hear(fixture: QueueFixture, row: LogRow): void {
    const frames = framesFor(render(fixture.queue, row), this.state);
    follow(this.state, frames, row.sequence);
    this.frames.push(...frames.documents.map((text) => JSON.parse(text) as Frame));
  }
}

/** Opens a stream and reads until it is live, or until the client `stops` answering marks. */
export class Reader {
  readonly state: StreamState;
  readonly hello: Frame;
  readonly snapshot: Frame | null = null;
  /** Events alone, in the order in which they came. */
  readonly frames: Frame[] = [];
  readonly live: Frame | null = null;
  turns = 0;
  lost = false;

  constructor(fixture: QueueFixture, principal: Principal, filter: Filter, after: number | null, marks = Infinity) {
    this.state = newStream(viewerOf(principal), filter);
    const [hello, snapshot] = open(fixture.queue, principal, this.state, after).map(
      (text) => JSON.parse(text) as Frame,
    );
    if (!hello) throw new Error('no hello');
    this.hello = hello;
    this.snapshot = snapshot ?? null;
    for (let left = marks; ; ) {
      this.turns++;
      const { documents, next } = advance(fixture.queue, this.state, fixture.now);
      const answers: number[] = [];
      for (const document of documents.map((text) => JSON.parse(text) as Frame))
        if (document.name === 'acknowledge') answers.push(document.sequence);
        else if (document.name === 'live') this.live = document;
        else this.frames.push(document);
      this.lost = next === 'lost';
      if (this.live || this.lost) return;
      if (next === 'more') continue;
      if (left < answers.length) return;
      left -= answers.length;
      for (const sequence of answers) answer(this.state, sequence);
    }
  }
}
