/** Where models come from. The edge serves them; a store that is reached directly would be another source. */
import type { Model, ModelFile } from '../../contract/store/model.ts';
import type { EdgeApi } from './edge-api.ts';

export interface ModelBytes {
  /** Where in the file they begin: 0 when the source does not do ranges. */
  from: number;
  chunks: AsyncIterable<Uint8Array>;
}

export interface ModelSource {
  manifest(key: string, hash: string | undefined): Promise<Model>;
  /** The bytes of a file from `from` on; aborting `signal` ends them. */
  open(model: Model, file: ModelFile, from: number, signal: AbortSignal): Promise<ModelBytes>;
}

export function edgeModelSource(api: EdgeApi): ModelSource {
  return {
    manifest: (key, hash) => api.model(key, hash),
    async open(model, file, from, signal) {
      const response = await api.modelFile(model.key, file.sha256, from, signal);
      const chunks = response.body as unknown as AsyncIterable<Uint8Array> | null;
      return { from: response.status === 206 ? from : 0, chunks: chunks ?? none() };
    },
  };
}

async function* none(): AsyncGenerator<Uint8Array> {}
