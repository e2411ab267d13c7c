/**
 * The events of a queue as an async iteration that outlives its sockets: it resumes by sequence, yields nothing twice,
 * leaves nothing out, and yields `snapshot` when the service could not replay what was missed.
 *
 * One consumer. `break`, `close()` or the signal end it; a refusal that no waiting can cure is thrown.
 */
import { CLOSE_BAD_MESSAGE, CLOSE_QUEUE_GONE } from '../../contract/event/close-codes.ts';
import { PROTOCOL_VERSION } from '../../contract/version.ts';
import { ProblemError, SwitchyardError } from '../errors.ts';
import { retryDelayMs } from '../retry.ts';
import { stopOf } from '../run/stop.ts';
import { sleep } from '../sleep.ts';
import { type BufferedFrame, FrameBuffer } from './frame-buffer.ts';
import type { Socket } from './socket.ts';
import { type ReceivedFrame, StreamCursor, type StreamDisconnected, type StreamFrame } from './stream-cursor.ts';

/** A socket that shows no life for two of these is taken for dead: a vanished peer closes nothing. */
const PING_EVERY_MS = 20_000;

/** A call that leads to a socket is given up after this: on a network that vanished, none is ever answered. */
const CALL_MS = 2 * PING_EVERY_MS;

/** Websockets that do not open while the service answers calls: past so many, something between lets none through. */
const BLOCKED_SOCKETS = 3;

export interface ConnectOptions {
  /** Fires when the stream is closed, or a socket took too long to come. */
  signal: AbortSignal;
  /** Websockets do not come through: it has to be done without. */
  plain: boolean;
}

export interface EventStreamSource {
  /** A refusal that no waiting cures ends the stream. */
  connect(after: number | null, how: ConnectOptions): Socket | Promise<Socket>;
  /** A plain call that tells why a socket would not open: a handshake's refusal is hidden from scripts. */
  probe(signal: AbortSignal): Promise<unknown>;
}

export interface EventStreamOptions {
  /** The last sequence seen. Absent: the stream begins with what happens from now on. */
  after?: number | undefined;
  signal?: AbortSignal | undefined;
}

interface Ended {
  opened: boolean;
  /** It told something, or lived for a while. */
  useful: boolean;
  code: number;
}

export class EventStream implements AsyncIterable<StreamFrame> {
  readonly #source: EventStreamSource;
  readonly #cursor: StreamCursor;
  /** Where the consumer stands: some of what the other one accepted may still wait. */
  readonly #taken: StreamCursor;
  readonly #buffer = new FrameBuffer();
  readonly #stop = new AbortController();
  #socket: Socket | null = null;
  /** The service has said hello on the present socket: before it is open a socket takes nothing. */
  #isOpen = false;
  /** Ends the present socket without waiting for the other side, which may never answer. */
  #drop: () => void = () => {};
  /** Websockets in a row that did not open while the service answered. */
  #blocked = 0;
  #failure: unknown = null;
  /** Wakes the consumer when there is a frame, a failure or an end. */
  #arrived: () => void = () => {};
  /** Wakes the connection when the consumer has caught up. */
  #caughtUp: () => void = () => {};

  constructor(source: EventStreamSource, options: EventStreamOptions = {}) {
    this.#source = source;
    this.#cursor = new StreamCursor(options.after ?? null);
    this.#taken = new StreamCursor(options.after ?? null);
    const { signal } = options;
    const close = () => this.close();
    if (signal?.aborted) close();
    else signal?.addEventListener('abort', close, { once: true });
    // The signal may outlast many streams.
    this.#stop.signal.addEventListener('abort', () => signal?.removeEventListener('abort', close), { once: true });
    // What goes wrong here is the consumer's to see.
    this.#run().catch((error: unknown) => this.#fail(error));
  }

  /** The number to pass as `after` to a later stream: everything up to it was yielded. */
  get sequence(): number | null {
    return this.#taken.sequence;
  }

  close(): void {
    this.#stop.abort();
    this.#drop();
    this.#arrived();
    this.#caughtUp();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<StreamFrame> {
    try {
      for (;;) {
        const frame = await this.#next();
        if (frame === null) return;
        if (frame.name === 'acknowledge') this.#acknowledge(frame.sequence);
        else if (frame.name !== 'disconnected') yield frame;
      }
    } finally {
      this.close();
    }
  }

  /**
   * The same as lists of what waits together, for whoever keeps a state: each is taken as read when the next one is asked
   * for. The ends of connections stand among the frames.
   */
  async *batches(): AsyncGenerator<readonly (StreamFrame | StreamDisconnected)[], void> {
    try {
      for (;;) {
        const first = await this.#next();
        if (first === null) return;
        const marks: number[] = [];
        const batch: (StreamFrame | StreamDisconnected)[] = [];
        for (let frame: BufferedFrame | undefined = first; frame; frame = this.#take()) {
          if (frame.name === 'acknowledge') marks.push(frame.sequence);
          else batch.push(frame);
        }
        if (batch.length > 0) yield batch;
        for (const mark of marks) this.#acknowledge(mark);
      }
    } finally {
      this.close();
    }
  }

  /** Waits for a frame; null at the end. */
  async #next(): Promise<BufferedFrame | null> {
    for (;;) {
      const frame = this.#stop.signal.aborted ? undefined : this.#take();
      if (frame) return frame;
      if (this.#failure !== null) throw this.#failure;
      if (this.#stop.signal.aborted) return null;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  #take(): BufferedFrame | undefined {
    const frame = this.#buffer.shift();
    if (frame && frame.name !== 'disconnected') this.#taken.accept(frame);
    if (frame && this.#buffer.roomy) this.#caughtUp();
    return frame;
  }

  #acknowledge(sequence: number): void {
    if (this.#isOpen) this.#socket?.send(JSON.stringify({ ack: sequence }));
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      if (!this.#buffer.roomy) {
        await new Promise<void>((resolve) => {
          this.#caughtUp = resolve;
        });
        continue;
      }
      const ended = await this.#connection();
      if (this.#stop.signal.aborted) return;
      if (ended.code === CLOSE_QUEUE_GONE) throw new SwitchyardError('The queue was deleted.');
      failures = ended.useful ? 0 : failures + 1;
      const isBlocked = !ended.opened && (await this.#answers());
      if (this.#blocked < BLOCKED_SOCKETS) this.#blocked = isBlocked ? this.#blocked + 1 : 0;
      await sleep(retryDelayMs(failures, Math.random()), this.#stop.signal).catch(() => {});
    }
  }

  /** Whether calls are answered. Throws what the service says when it says that coming again is useless. */
  async #answers(): Promise<boolean> {
    const limit = stopOf({ signal: this.#stop.signal, timeout_ms: CALL_MS });
    try {
      await this.#source.probe(limit.signal);
      return true;
    } catch (error) {
      if (isLasting(error)) throw error;
      return false;
    } finally {
      limit.end();
    }
  }

  /** One socket, from its opening to its end. */
  async #connection(): Promise<Ended> {
    let socket: Socket;
    const limit = stopOf({ signal: this.#stop.signal, timeout_ms: CALL_MS });
    try {
      const made = this.#source.connect(this.#cursor.sequence, {
        signal: limit.signal,
        plain: this.#blocked >= BLOCKED_SOCKETS,
      });
      // One that is there already is listened to at once.
      socket = made instanceof Promise ? await made : made;
    } catch (error) {
      if (isLasting(error)) throw error;
      return { opened: false, useful: false, code: 1006 };
    } finally {
      limit.end();
    }
    if (!this.#stop.signal.aborted) return this.#conversation(socket);
    socket.close(1000);
    return { opened: false, useful: false, code: 1000 };
  }

  #conversation(socket: Socket): Promise<Ended> {
    return new Promise((resolve) => {
      let opened = false;
      let useful = false;
      let silent = 0;
      const from = this.#cursor.sequence;
      this.#socket = socket;
      const end = (code: number) => {
        clearInterval(pings);
        if (this.#socket === socket) {
          this.#socket = null;
          this.#isOpen = false;
          if (opened) this.#buffer.push({ name: 'disconnected' });
          this.#arrived();
        }
        resolve({ opened, useful: useful || (opened && this.#cursor.sequence !== from), code });
      };
      const drop = (code: number) => {
        socket.close(1000);
        end(code);
      };
      this.#drop = () => drop(1000);
      const pings = setInterval(() => {
        if (++silent > 2) drop(1006);
        else if (opened) {
          useful = true;
          socket.send('ping');
        }
      }, PING_EVERY_MS);
      socket.addEventListener('message', ({ data }) => {
        if (this.#socket !== socket || typeof data !== 'string') return;
        silent = 0;
        if (data === 'pong') return;
        const frames = framesIn(data);
        if (frames === null) return drop(1002);
        for (const frame of frames) {
          if (frame.name === 'hello') {
            this.#isOpen = opened = true;
            if (frame.protocol !== PROTOCOL_VERSION) {
              this.#failure = new SwitchyardError(
                `The service speaks protocol ${frame.protocol}, this client ${PROTOCOL_VERSION}: use the same release.`,
              );
              socket.close(CLOSE_BAD_MESSAGE);
              this.close();
              return;
            }
          }
          const verdict = this.#cursor.accept(frame);
          if (verdict === 'gap') {
            drop(1002);
            break;
          }
          if (verdict === 'deliver') this.#buffer.push(frame);
        }
        this.#arrived();
        if (this.#buffer.full) drop(1000);
      });
      socket.addEventListener('error', () => end(1006));
      socket.addEventListener('close', ({ code }) => end(code ?? 1006));
    });
  }

  #fail(error: unknown): void {
    this.#failure = error;
    this.#arrived();
  }
}

const isLasting = (error: unknown): boolean => error instanceof ProblemError && error.retry !== 'later';

const isNamed = (frame: { name?: unknown } | null): boolean => typeof frame?.name === 'string';

/** Null for what is not a message of this protocol: something between answered in its place. */
function framesIn(text: string): ReceivedFrame[] | null {
  try {
    const frames: unknown = JSON.parse(text);
    return Array.isArray(frames) && frames.every(isNamed) ? frames : null;
  } catch {
    return null;
  }
}
