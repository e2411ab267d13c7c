/** Assets: immutable blobs named by the sha256 of their bytes. */
import type { AssetView } from '../contract/store/asset.ts';
import { sha256Hex } from './digest.ts';
import { SwitchyardError } from './errors.ts';
import { type Incoming, type OnReceived, receive, wholeOf } from './receive.ts';
import type { Bytes, OnSent } from './send-bytes.ts';
import type { Options, Transport } from './transport.ts';

export interface UploadOptions extends Options {
  /** Bytes that were sent; goes back to 0 when a connection broke and all of them are sent again. */
  onProgress?: OnSent;
}

export interface ReadOptions extends Options {
  /** Saves looking through every queue for who may read the asset. */
  queue_id?: string;
  /** Bytes that have arrived; `total` is null when the service does not say. */
  onProgress?: OnReceived;
}

export interface DownloadedAsset {
  bytes: Uint8Array<ArrayBuffer>;
  content_type: string;
}

export class AssetClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Stores the bytes under their digest; storing them again changes nothing. A Blob or File is read once. */
  async upload(bytes: Bytes, type: AssetView['content_type'], options: UploadOptions = {}): Promise<AssetView> {
    const { onProgress: onSent, signal } = options;
    const headers = { 'content-type': type };
    const whole = bytes instanceof Blob ? new Uint8Array(await bytes.arrayBuffer()) : bytes;
    const name = await sha256Hex(whole);
    const call = { bytes: whole, headers, onSent, signal };
    if (name !== null) return this.#transport.json('PUT', `/api/v1/assets/${name}`, call);
    // Where there are no digests the service names the asset. Bytes that were sent twice are the same asset.
    return this.#transport.json('POST', '/api/v1/assets', { ...call, repeatable: true });
  }

  /** The bytes, checked against their name. */
  async download(name: string, options: ReadOptions = {}): Promise<DownloadedAsset> {
    const incoming = await this.#read(`/api/v1/assets/${name}`, options);
    const bytes = await wholeOf(incoming, options.onProgress);
    const found = await sha256Hex(bytes);
    if (found !== null && found !== name)
      throw new SwitchyardError(`The asset ${name} arrived damaged: its digest is ${found}.`);
    return { bytes, content_type: incoming.content_type };
  }

  /** A small image of an image asset: its preview, or the asset itself when that is small. Not found when neither is. */
  async preview(name: string, options: ReadOptions = {}): Promise<DownloadedAsset> {
    const incoming = await this.#read(`/api/v1/assets/${name}/preview`, options);
    return { bytes: await wholeOf(incoming, options.onProgress), content_type: incoming.content_type };
  }

  #read(path: string, { queue_id, signal }: ReadOptions): Promise<Incoming> {
    return receive(this.#transport, path, { query: { queue_id }, signal });
  }
}
