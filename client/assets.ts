/** Assets: immutable blobs named by the sha256 of their bytes. */
import type { AssetView } from '../contract/store/asset.ts';
import { hexOf, sha256Hex } from './digest.ts';
import type { Bytes, Call, Transport } from './transport.ts';

type Options = Pick<Call, 'signal'>;

export class AssetClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Stores the bytes under their digest; storing them again changes nothing. */
  async upload(bytes: Bytes, contentType: AssetView['content_type'], options: Options = {}): Promise<AssetView> {
    const name = await sha256Hex(bytes);
    const headers = { 'content-type': contentType };
    return this.#transport.json('PUT', `/api/v1/assets/${name}`, { bytes, headers, ...options });
  }

  /** The bytes, checked against their name. */
  async download(name: string, options: Options = {}): Promise<Uint8Array<ArrayBuffer>> {
    const response = await this.#transport.response('GET', `/api/v1/assets/${name}`, options);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const found = hexOf(await crypto.subtle.digest('SHA-256', bytes));
    if (found !== name) throw new Error(`The asset ${name} arrived damaged: its bytes have the digest ${found}.`);
    return bytes;
  }
}
