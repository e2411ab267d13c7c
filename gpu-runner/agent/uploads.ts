/**
 * Assets on their way up: each once, a few at a time, tried again until they are stored or refused. What this agent
 * stored is not sent again, whichever session makes it and however often the connection breaks. Nor is what another
 * runner of the queue stored: before many bytes, and before a second try, the edge is asked whether it has them.
 */
import { backoffMs } from './backoff.ts';
import { type Clock, pause } from './clock.ts';
import type { EdgeApi } from './edge-api.ts';
import { retryAfterMs, told, verdictOf } from './edge-error.ts';
import type { Log } from './log.ts';

const AT_ONCE = 4;

/**
 * From this size on it is worth a round trip to learn that the bytes are there already. A smaller asset goes at once: it
 * takes about as long as the question, and most are new. If the edge has it, it writes nothing.
 */
const ASK_FIRST_BYTES = 256 * 1024;

/**
 * How long a stored asset is taken for granted. The store collects what nothing refers to, but only long after this.
 */
const KNOWN_MS = 10 * 60 * 1000;
const KNOWN_MAX = 10_000;

/** Refusals of a call that may pass once the edge has come to itself; after so many the edge means it. */
const REFUSALS_MAX = 3;

export interface UploadsParts {
  api: Pick<EdgeApi, 'holdAsset' | 'putAsset'>;
  clock: Clock;
  log: Log;
  ending: AbortSignal;
  onStored: (asset_name: string) => void;
  onRefused: (asset_name: string, message: string) => void;
}

interface Upload {
  asset_name: string;
  content_type: string;
  bytes: Uint8Array;
}

export class Uploads {
  readonly #parts: UploadsParts;
  readonly #waiting: Upload[] = [];
  /** Waiting or under way, by name. */
  readonly #pending = new Map<string, Upload>();
  /** Stored by this agent: when. The oldest first. */
  readonly #known = new Map<string, number>();
  #running = 0;
  #bytes = 0;

  constructor(parts: UploadsParts) {
    this.#parts = parts;
  }

  /** Bytes that are not stored yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The bytes of an asset that is not stored yet: a session may read what it has just written. */
  bytesOf(asset_name: string): Uint8Array | undefined {
    return this.#pending.get(asset_name)?.bytes;
  }

  isPending(asset_name: string): boolean {
    return this.#pending.has(asset_name);
  }

  isStored(asset_name: string): boolean {
    const at = this.#known.get(asset_name);
    return at !== undefined && this.#parts.clock.now() - at < KNOWN_MS;
  }

  store(upload: Upload): void {
    if (this.#pending.has(upload.asset_name)) return;
    this.#pending.set(upload.asset_name, upload);
    this.#bytes += upload.bytes.length;
    this.#waiting.push(upload);
    this.#start();
  }

  #start(): void {
    while (this.#running < AT_ONCE) {
      const upload = this.#waiting.shift();
      if (!upload) return;
      this.#running += 1;
      void this.#upload(upload).finally(() => {
        this.#running -= 1;
        this.#start();
      });
    }
  }

  async #upload(upload: Upload): Promise<void> {
    const { clock, log, ending } = this.#parts;
    const { asset_name } = upload;
    let refusals = 0;
    for (let attempt = 0; !ending.aborted; attempt++) {
      try {
        await this.#send(upload, attempt);
        return this.#stored(upload);
      } catch (error) {
        const message = told(error);
        if (verdictOf(error) !== 'retry' && ++refusals >= REFUSALS_MAX) return this.#refused(upload, message);
        log.warn({ attempt, asset_name }, `an asset was not stored: ${message}`);
        await pause(clock, backoffMs(attempt, clock.random(), retryAfterMs(error)), ending);
      }
    }
  }

  /** After a first try the bytes may be there, and only the answer was lost. */
  async #send({ asset_name, content_type, bytes }: Upload, attempt: number): Promise<void> {
    const { api } = this.#parts;
    const asks = bytes.length >= ASK_FIRST_BYTES || attempt > 0;
    if (asks && (await api.holdAsset(asset_name))) return;
    await api.putAsset(asset_name, content_type, bytes);
  }

  #stored(upload: Upload): void {
    const { clock, onStored } = this.#parts;
    this.#known.delete(upload.asset_name);
    this.#known.set(upload.asset_name, clock.now());
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= KNOWN_MAX) break;
      this.#known.delete(oldest);
    }
    this.#over(upload);
    onStored(upload.asset_name);
  }

  #refused(upload: Upload, message: string): void {
    this.#over(upload);
    this.#parts.onRefused(upload.asset_name, message);
  }

  #over({ asset_name, bytes }: Upload): void {
    this.#pending.delete(asset_name);
    this.#bytes -= bytes.length;
  }
}
