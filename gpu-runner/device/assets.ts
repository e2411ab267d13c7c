/** Assets as nodes see them. Bytes are named here and uploaded by the agent, while the node goes on. */
import { createHash } from 'node:crypto';
import { ASSET_BYTES_MAX } from '../../contract/limits.ts';
import { ASSET_CONTENT_TYPES } from '../../contract/store/asset.ts';
import { AssetCache } from './asset-cache.ts';
import type { FromDevice } from './messages.ts';
import type { Requests } from './requests.ts';
import type { Task } from './task.ts';

const CACHE_BYTES = 64 * 1024 * 1024;

export class AssetError extends Error {
  override name = 'AssetError';
}

export class DeviceAssets {
  readonly #cache = new AssetCache(CACHE_BYTES);
  readonly #requests: Requests;
  readonly #post: (message: FromDevice) => void;

  constructor(requests: Requests, post: (message: FromDevice) => void) {
    this.#requests = requests;
    this.#post = post;
  }

  async read(asset_name: string): Promise<Uint8Array> {
    const cached = this.#cache.get(asset_name);
    if (cached) return cached;
    const bytes = (await this.#requests.ask({ what: 'asset', asset_name })) as Uint8Array;
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
    this.#cache.put(asset_name, bytes);
    this.#post({ kind: 'asset', ticket: task.ticket, asset_name, content_type, bytes });
    return asset_name;
  }
}
