/** Where models come from: the edge serves them, or its bucket does, where this runner was given credentials for it. */
import type { Model, ModelFile } from '../../contract/store/model.ts';
import type { EdgeApi } from './edge-api.ts';
import type { Log } from './log.ts';
import { bucketFromEnvironment, bucketModelSource } from './model-bucket.ts';

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

export function modelSource(api: EdgeApi, log: Log, env: NodeJS.ProcessEnv): ModelSource {
  const edge = edgeModelSource(api);
  const bucket = bucketFromEnvironment(env);
  return bucket ? bucketModelSource({ api, edge, bucket, log }) : edge;
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
