/** Models: a manifest is declared, then each missing file goes up by its digest, large ones in parts. */
import type { z } from 'zod';
import { UPLOAD_PART_BYTES_MIN } from '../contract/limits.ts';
import type { CreateModelBody, Model, ModelUpload, ModelUploadPart } from '../contract/store/model.ts';
import { receive } from './receive.ts';
import type { Options, Transport } from './transport.ts';

/** A file of a model and where its bytes are. */
export interface ModelSource {
  path: string;
  sha256: string;
  size: number;
  /** The bytes from `start` up to `end`; called again when a part has to be sent again. */
  read(start: number, end: number): Promise<Blob>;
}

export interface PublishOptions extends Options {
  key: string;
  type: z.input<typeof CreateModelBody>['type'];
  base?: string;
  files: readonly ModelSource[];
  /** Bytes that the store has, of all bytes; those that it had before count too. */
  onProgress?: (done: number, total: number) => void;
}

/** Files up to this size go up in one request; larger ones in parts. */
const WHOLE_FILE_MAX = 8 * UPLOAD_PART_BYTES_MIN;

export interface VersionOptions extends Options {
  hash?: string;
}

const pathOf = (key: string) => `/api/v1/models/${encodeURIComponent(key)}`;

export class ModelClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The newest version that is ready, else the newest; `hash` names one. */
  get(key: string, { hash, ...options }: VersionOptions = {}): Promise<Model> {
    return this.#transport.json('GET', pathOf(key), { query: { hash }, ...options });
  }

  /** Every version of every model. */
  list(options: Options = {}): Promise<Model[]> {
    return this.#transport.json('GET', '/api/v1/models', options);
  }

  /** All versions, or the one that `hash` names, with the files that no other model has. */
  remove(key: string, { hash, ...options }: VersionOptions = {}): Promise<void> {
    return this.#transport.remove(pathOf(key), { query: { hash }, ...options });
  }

  /** The bytes of a file of the model as they arrive: they may be more than memory holds. */
  async *file(key: string, sha256: string, options: Options = {}): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    yield* (await receive(this.#transport, `${pathOf(key)}/files/${sha256}`, options)).chunks;
  }

  /** Makes the model ready. Goes on where an earlier call stopped; a model that is ready costs one request. */
  async publish({ key, type, base, files, onProgress, signal }: PublishOptions): Promise<Model> {
    const manifest = files.map(({ path, sha256, size }) => ({ path, sha256, size }));
    const body: z.input<typeof CreateModelBody> = { key, type, files: manifest };
    if (base !== undefined) body.base = base;
    const declare = () => this.#transport.json<Model>('POST', '/api/v1/models', { json: body, creates: true, signal });
    const model = await declare();
    const missing = new Set(model.missing);
    const total = files.reduce((sum, file) => sum + file.size, 0);
    let done = files.reduce((sum, file) => (missing.has(file.sha256) ? sum : sum + file.size), 0);
    onProgress?.(done, total);
    const uploaded = new Set<string>();
    for (const file of files) {
      if (!missing.has(file.sha256)) continue;
      const before = done;
      if (!uploaded.has(file.sha256))
        await this.#upload(key, file, signal, onProgress && ((sent) => onProgress(before + sent, total)));
      uploaded.add(file.sha256);
      done += file.size;
      onProgress?.(done, total);
    }
    return model.status === 'ready' ? model : declare();
  }

  /** `onSent`: bytes of this file that the store has by now. */
  async #upload(key: string, file: ModelSource, signal: AbortSignal | undefined, onSent?: (bytes: number) => void) {
    const path = `${pathOf(key)}/files/${file.sha256}`;
    const put = async <Answer>(to: string, start: number, end: number): Promise<Answer> => {
      const bytes = await file.read(start, end);
      return this.#transport.json('PUT', to, { bytes, signal, onSent: onSent && ((sent) => onSent(start + sent)) });
    };
    if (file.size <= WHOLE_FILE_MAX) {
      await put(path, 0, file.size);
      return;
    }
    // Begun again it is the upload that is under way, and completed again it is done.
    const again = { repeatable: true, signal };
    const upload = await this.#transport.json<ModelUpload>('POST', `${path}/uploads`, again);
    const arrived = new Map(upload.parts.map((part) => [part.part_number, part]));
    const parts: ModelUploadPart[] = [];
    for (let start = 0; start < file.size; start += upload.part_size) {
      const end = Math.min(file.size, start + upload.part_size);
      const number = parts.length + 1;
      const part = `${path}/uploads/${encodeURIComponent(upload.upload_id)}/${number}`;
      parts.push(arrived.get(number) ?? (await put<ModelUploadPart>(part, start, end)));
      onSent?.(end);
    }
    const finish = `${path}/uploads/${encodeURIComponent(upload.upload_id)}/complete`;
    await this.#transport.json('POST', finish, { json: { parts }, ...again });
  }
}
