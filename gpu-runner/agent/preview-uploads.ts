/**
 * Previews on their way up: one at a time, each after its asset, and none worth more than a few tries. Nothing waits
 * for them but the end of the agent, for a moment.
 */
import { backoffMs } from './backoff.ts';
import { type Clock, pause } from './clock.ts';
import type { EdgeApi, Preview } from './edge-api.ts';
import { retryAfterMs, told, verdictOf } from './edge-error.ts';
import type { Log } from './log.ts';

const TRIES = 3;

/** Bytes of previews that wait; while the edge is away, those that come beyond it are dropped. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;

export interface PreviewUploadsParts {
  api: Pick<EdgeApi, 'putPreview'>;
  clock: Clock;
  log: Log;
  ending: AbortSignal;
  /** The asset is still on its way up, which `assetSettled` ends. */
  isUploading: (asset_name: string) => boolean;
}

export class PreviewUploads {
  readonly #parts: PreviewUploadsParts;
  /** Being made on a device, or here. */
  readonly #expected = new Set<string>();
  readonly #made = new Map<string, Preview>();
  readonly #waiters = new Set<() => void>();
  #bytes = 0;
  #running = false;

  constructor(parts: PreviewUploadsParts) {
    this.#parts = parts;
  }

  /** A device begins to make one. */
  begun(asset_name: string): void {
    this.#expected.add(asset_name);
  }

  /** It is made; null: there is none. */
  made(asset_name: string, preview: Preview | null): void {
    // Of the same bytes the same comes again when its device was started anew.
    if (this.#made.has(asset_name)) return;
    if (preview && this.#bytes + preview.bytes.length <= WAITING_BYTES_MAX) {
      this.#expected.add(asset_name);
      this.#made.set(asset_name, preview);
      this.#bytes += preview.bytes.length;
      this.#start();
    } else this.#over(asset_name);
  }

  /** The asset is stored, or never will be. */
  assetSettled(asset_name: string): void {
    if (this.#made.has(asset_name)) this.#start();
  }

  /** What a device was making died with it. */
  deviceLost(): void {
    for (const asset_name of [...this.#expected]) if (!this.#made.has(asset_name)) this.#over(asset_name);
  }

  /** Resolves when none is expected any more, after `ms`, or when `hurry` aborts. */
  async settled(ms: number, hurry: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const done = new AbortController();
    const look = () => {
      if (this.#expected.size === 0) done.abort();
    };
    this.#waiters.add(look);
    look();
    await pause(clock, ms, AbortSignal.any([done.signal, hurry]));
    this.#waiters.delete(look);
  }

  #start(): void {
    if (this.#running) return;
    const next = [...this.#made.values()].find(({ asset_name }) => !this.#parts.isUploading(asset_name));
    if (!next) return;
    this.#running = true;
    void this.#upload(next).finally(() => {
      this.#running = false;
      this.#made.delete(next.asset_name);
      this.#bytes -= next.bytes.length;
      this.#over(next.asset_name);
      this.#start();
    });
  }

  async #upload(preview: Preview): Promise<void> {
    const { api, clock, log, ending } = this.#parts;
    for (let attempt = 0; attempt < TRIES && !ending.aborted; attempt++) {
      try {
        return await api.putPreview(preview);
      } catch (error) {
        log.debug({ attempt, asset_name: preview.asset_name }, `a preview was not stored: ${told(error)}`);
        if (verdictOf(error) !== 'retry') return;
        await pause(clock, backoffMs(attempt, clock.random(), retryAfterMs(error)), ending);
      }
    }
  }

  #over(asset_name: string): void {
    this.#expected.delete(asset_name);
    for (const look of this.#waiters) look();
  }
}
