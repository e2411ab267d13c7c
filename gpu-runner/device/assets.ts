/** Assets as nodes see them. Bytes are named here and uploaded by the agent, while the node goes on. */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { ASSET_BYTES_MAX } from '../../contract/limits.ts';
import { ASSET_CONTENT_TYPES } from '../../contract/store/asset.ts';
import { AssetCache } from './asset-cache.ts';
import type { KeptAsset } from './invocation-cache.ts';
import type { FromDevice } from './messages.ts';
import type { Meter } from './meter.ts';
import type { Requests } from './requests.ts';
import type { Task } from './task.ts';

const CACHE_BYTES = 64 * 1024 * 1024;
/** Names whose content type is known: far more than that holds assets. */
const WRITTEN_KEPT = 10_000;

export class AssetError extends Error {
  override name = 'AssetError';
}

export class DeviceAssets {
  readonly #cache = new AssetCache(CACHE_BYTES);
  readonly #requests: Requests;
  readonly #post: (message: FromDevice) => void;

  /** Content types of what was written here. */
  readonly #types = new LRUCache<string, string>({ max: WRITTEN_KEPT });
  readonly #onUnreadable: (asset_name: string) => void;

  constructor(
    requests: Requests,
    post: (message: FromDevice) => void,
    onUnreadable: (asset_name: string) => void = () => undefined,
  ) {
    this.#requests = requests;
    this.#post = post;
    this.#onUnreadable = onUnreadable;
  }

  /** `meter` counts what has to be waited for. */
  read(asset_name: string, meter?: Meter): Promise<Uint8Array> {
    const cached = this.#cache.get(asset_name);
    if (cached) return Promise.resolve(cached);
    const fetched = this.#fetch(asset_name);
    return meter ? meter.timed('asset_seconds', counted(fetched, meter)) : fetched;
  }

  async #fetch(asset_name: string): Promise<Uint8Array> {
    const asked = this.#requests.ask({ what: 'asset', asset_name });
    asked.catch(() => this.#onUnreadable(asset_name));
    const bytes = (await asked) as Uint8Array;
    this.#cache.put(asset_name, bytes);
    return bytes;
  }

  write(task: Task, bytes: Uint8Array, content_type: string): string {
    if (!(ASSET_CONTENT_TYPES as readonly string[]).includes(content_type))
      throw new AssetError(
        `assets of type ${content_type} are not stored; one of ${ASSET_CONTENT_TYPES.join(', ')} is`,
      );
    if (bytes.length > ASSET_BYTES_MAX)
      throw new AssetError(`an asset has ${ASSET_BYTES_MAX} bytes at most, and this one ${bytes.length}`);
    const asset_name = createHash('sha256').update(bytes).digest('hex');
    task.meter.bytes_written += bytes.length;
    this.#cache.put(asset_name, bytes);
    this.#types.set(asset_name, content_type);
    this.#post({ kind: 'asset', ticket: task.ticket, asset_name, content_type, bytes });
    return asset_name;
  }

  /** What was written here, as long as it is at hand. */
  written(asset_name: string): KeptAsset | undefined {
    const bytes = this.#cache.get(asset_name);
    const content_type = this.#types.get(asset_name);
    return bytes === undefined || content_type === undefined ? undefined : { asset_name, content_type, bytes };
  }

  /** Stores what was written before for another session: it may have left the store, or never have come there. */
  again(task: Task, asset: KeptAsset): void {
    this.#cache.put(asset.asset_name, asset.bytes);
    this.#types.set(asset.asset_name, asset.content_type);
    this.#post({ kind: 'asset', ticket: task.ticket, ...asset });
  }
}

async function counted(fetched: Promise<Uint8Array>, meter: Meter): Promise<Uint8Array> {
  const bytes = await fetched;
  meter.bytes_read += bytes.length;
  return bytes;
}
