/**
 * A live copy of what a client may know of one queue: the state model (client/state/) with a stream, reads and a storage
 * around it. Everything that arrives goes through `step`, and what the state asks for is carried out here. Frames that
 * came in one message are reduced together: listeners hear of the last state, handlers of every effect.
 */
import { SwitchyardError } from '../errors.ts';
import type { EventStream } from '../events/event-stream.ts';
import type { StreamDisconnected, StreamFrame } from '../events/stream-cursor.ts';
import type { GalleryEntry } from '../state/gallery.ts';
import { isFinished } from '../state/gallery.ts';
import type { Effect, Input } from '../state/input.ts';
import { initialState, type QueueState } from '../state/queue-state.ts';
import { isBehind } from '../state/selectors.ts';
import { step } from '../state/step.ts';
import { type Ask, beginning } from './catch-up.ts';
import { Handlers } from './handlers.ts';
import { type KeptState, type KeptStorage, StateKeeper } from './kept-state.ts';
import type { MirrorCalls } from './mirror-calls.ts';
import { MirrorReads } from './mirror-reads.ts';
import { ReadingRoom } from './reading-room.ts';

export interface MirrorOptions {
  /** Where it goes on after a page was loaded anew: `localStorage`, or what is like it. */
  storage?: KeptStorage;
  /** What is kept there is kept under this name. Default: one for each queue. */
  storage_name?: string;
  signal?: AbortSignal;
}

type EffectOf<Type extends Effect['type']> = Omit<Extract<Effect, { type: Type }>, 'type'>;

/**
 * read      a read was given up: what it would have told stays unknown until the next connection.
 * storage   nothing is kept any more, or what was kept cannot be read; told once.
 * handler   a handler or a listener threw.
 * ended     the mirror has ended: no waiting cures this.
 */
export interface MirrorError {
  cause: 'read' | 'storage' | 'handler' | 'ended';
  error: unknown;
}

export interface MirrorEvents {
  /** A result to be seen: once for each (item, invocation), whatever way its news comes. */
  result: GalleryEntry;
  node_failed: EffectOf<'node_failed'>;
  /** An own item is final, or was removed (`status` null). */
  ended: EffectOf<'ended'>;
  /** What is kept elsewhere about these items is out of date. */
  stale: EffectOf<'stale'>['item_ids'];
  error: MirrorError;
}

export interface MirrorParts {
  queue_id: string;
  calls: MirrorCalls;
  events(after: number | undefined): EventStream;
}

export class QueueMirror {
  readonly #parts: MirrorParts;
  readonly #handlers = new Handlers<MirrorEvents & { change: undefined }>((error) => this.#handlerThrew(error));
  readonly #end = new AbortController();
  #state: QueueState = initialState();
  #stream: EventStream | null = null;
  #reads: MirrorReads | null = null;
  #keeper: StateKeeper | null = null;
  #storageFailed = false;
  #ready!: { resolve: () => void; reject: (error: unknown) => void };

  /** Resolves when the state is that of the queue: connected, and what runs is known. Rejects when that cannot be. */
  readonly ready: Promise<void>;

  constructor(parts: MirrorParts, options: MirrorOptions = {}) {
    this.#parts = parts;
    this.ready = new Promise((resolve, reject) => {
      this.#ready = { resolve, reject };
    });
    // Not everybody waits for it.
    this.ready.catch(() => {});
    const { signal } = options;
    const close = () => this.close();
    if (signal?.aborted) close();
    else signal?.addEventListener('abort', close, { once: true });
    // The signal may outlast many mirrors.
    this.#end.signal.addEventListener('abort', () => signal?.removeEventListener('abort', close), { once: true });
    this.#run(options).catch((error: unknown) => this.#fail(error));
  }

  /** Never changed in place: another state is another object. */
  get state(): QueueState {
    return this.#state;
  }

  /** Calls `listener` after each change, as React's useSyncExternalStore wants it. Returns what ends that. */
  readonly subscribe = (listener: () => void): (() => void) => this.#handlers.on('change', listener);

  on<Name extends keyof MirrorEvents>(name: Name, handler: (told: MirrorEvents[Name]) => void): () => void {
    return this.#handlers.on(name, handler as (told: (MirrorEvents & { change: undefined })[Name]) => void);
  }

  /** Ends everything that is under way. The state stays as it is; nobody is told anything any more. */
  close(): void {
    this.#end.abort();
    this.#reads?.disconnect();
    this.#stream?.close();
    this.#ready.reject(new SwitchyardError('The mirror was closed.'));
  }

  async #run(options: MirrorOptions): Promise<void> {
    const { calls } = this.#parts;
    // Whose events these are has to be known before the first of them.
    const room = new ReadingRoom();
    this.#end.signal.addEventListener('abort', () => room.close(), { once: true });
    const { user_id } = await room.patiently((signal) => calls.key(signal));
    const kept = this.#load(options, user_id);
    const ask: Ask = (call) => room.patiently(call);
    const gallery = kept?.gallery ?? { ...this.#state.gallery, ...(await beginning({ calls, ask, user_id })) };
    this.#state = initialState({ user_id }, gallery, kept?.sequence ?? null);
    this.#reads = this.#newReads(user_id);
    this.#reads.readCurrent();
    if (!kept || kept.behind) this.#reads.run({ type: 'catch_up', after_item_id: gallery.floor ?? 0 });
    this.#stream = this.#parts.events(kept?.sequence ?? undefined);
    for await (const batch of this.#stream.batches()) {
      this.#reduce(batch.map((frame) => (isEnd(frame) ? { type: 'disconnected' } : { type: 'frame', frame })));
      if (this.#end.signal.aborted) return;
    }
  }

  #newReads(user_id: string): MirrorReads {
    return new MirrorReads({
      calls: this.#parts.calls,
      user_id,
      sequence: () => this.#state.sequence,
      isFinished: (item_id) => isFinished(this.#state.gallery, item_id),
      firstUnfinished: () => {
        const { gallery } = this.#state;
        return Math.min(...[...gallery.open.keys()].filter((item_id) => !isFinished(gallery, item_id)));
      },
      deliver: (input) => this.#reduce([input]),
      gaveUp: (error) => this.#trouble('read', error),
      refused: (error) => this.#fail(error),
    });
  }

  /** One new state of all inputs; then what they ask for, in order; then what is kept; then the listeners. */
  #reduce(inputs: readonly Input[]): void {
    if (this.#end.signal.aborted) return;
    const before = this.#state;
    const done: (() => void)[] = [];
    for (const input of inputs) {
      if (input.type === 'disconnected') done.push(() => this.#reads?.disconnect());
      if (input.type === 'frame' && input.frame.name === 'hello') done.push(() => this.#reads?.connect());
      const { state, effects } = step(this.#state, input);
      this.#state = state;
      for (const effect of effects) done.push(() => this.#carryOut(effect));
      // A snapshot tells of some hundred items, and of those alone that a runner holds.
      if (input.type === 'frame' && input.frame.name === 'snapshot') done.push(() => this.#reads?.readCurrent());
    }
    for (const act of done) {
      // Whoever was told may have closed the mirror.
      if (this.#end.signal.aborted) return;
      act();
    }
    this.#keep();
    if (this.#state !== before && !this.#end.signal.aborted) this.#handlers.tell('change', undefined);
    if (this.#state.live && this.#reads?.hasBegun) this.#ready.resolve();
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'result':
        this.#handlers.tell('result', effect.entry);
        break;
      case 'stale':
        this.#handlers.tell('stale', effect.item_ids);
        break;
      case 'node_failed':
      case 'ended': {
        const { type, ...told } = effect;
        this.#handlers.tell(type, told as never);
        break;
      }
      default:
        this.#reads?.run(effect);
    }
  }

  #load({ storage, storage_name }: MirrorOptions, user_id: string): KeptState | null {
    if (!storage) return null;
    const { queue_id } = this.#parts;
    this.#keeper = new StateKeeper(storage, storage_name ?? `switchyard/${queue_id}`, queue_id, user_id);
    try {
      return this.#keeper.load();
    } catch (error) {
      this.#storageBroke(error);
      return null;
    }
  }

  #keep(): void {
    if (!this.#keeper || this.#end.signal.aborted) return;
    const { sequence, gallery } = this.#state;
    const behind = this.#reads?.isCatchingUp === true || isBehind(this.#state);
    try {
      this.#keeper.keep({ sequence, behind, gallery });
    } catch (error) {
      this.#storageBroke(error);
    }
  }

  #storageBroke(error: unknown): void {
    if (!this.#storageFailed) this.#trouble('storage', error);
    this.#storageFailed = true;
  }

  #trouble(cause: MirrorError['cause'], error: unknown): void {
    if (!this.#end.signal.aborted) this.#handlers.tell('error', { cause, error });
  }

  /** What the handler of errors throws has nowhere to go. */
  #isTellingError = false;
  #handlerThrew(error: unknown): void {
    if (this.#isTellingError) return;
    this.#isTellingError = true;
    this.#trouble('handler', error);
    this.#isTellingError = false;
  }

  #fail(error: unknown): void {
    if (this.#end.signal.aborted) return;
    this.#reduce([{ type: 'disconnected' }]);
    this.#trouble('ended', error);
    this.#ready.reject(error);
    this.close();
  }
}

const isEnd = (frame: StreamFrame | StreamDisconnected): frame is StreamDisconnected => frame.name === 'disconnected';
