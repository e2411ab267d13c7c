/** Assets: immutable blobs named by the sha256 of their bytes. */
import type { AssetView } from '../contract/store/asset.ts';
import { sha256Hex } from './digest.ts';
import { SwitchyardError } from './errors.ts';
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

  /** The bytes, checked against their name. `queue_id` saves looking through every queue for who may read them. */
  async download(name: string, options: Options & { queue_id?: string } = {}): Promise<DownloadedAsset> {
    const { queue_id, ...rest } = options;
    const call = { query: { queue_id }, ...rest };
    const { bytes, content_type } = await this.#transport.read('GET', `/api/v1/assets/${name}`, call, whole);
    const found = await sha256Hex(bytes);
    if (found !== name) throw new SwitchyardError(`The asset ${name} arrived damaged: its digest is ${found}.`);
    return { bytes, content_type };
  }

  /** A small image of an image asset: its preview, or the asset itself when that is small. Not found when neither is. */
  preview(name: string, options: Options & { queue_id?: string } = {}): Promise<DownloadedAsset> {
    const { queue_id, ...rest } = options;
    return this.#transport.read('GET', `/api/v1/assets/${name}/preview`, { query: { queue_id }, ...rest }, whole);
  }
}

export interface DownloadedAsset {
  bytes: Uint8Array<ArrayBuffer>;
  content_type: string;
}

const whole = async (response: Response): Promise<DownloadedAsset> => ({
  bytes: new Uint8Array(await response.arrayBuffer()),
  content_type: response.headers.get('content-type') ?? 'application/octet-stream',
});
