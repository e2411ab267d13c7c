/**
 * Loaded models of a device, by the hash of their manifest. Loaders are chosen by model type; a new type is a loader
 * more.
 */
import { DiffusionModel } from './diffusion-model.ts';
import { OnnxModel, type SessionOptions } from './onnx-model.ts';

/** A model whose files lie in a folder, each verified against the manifest. */
export interface StoredModel {
  /** sha256 of the manifest. */
  hash: string;
  type: string;
  folder: string;
}

export interface LoadedModel {
  release(): Promise<void>;
}

export type ModelLoader = (folder: string, options: SessionOptions) => Promise<LoadedModel>;

export const MODEL_LOADERS: ReadonlyMap<string, ModelLoader> = new Map<string, ModelLoader>([
  ['diffusion', (folder, options) => DiffusionModel.load(folder, options)],
  ['onnx', (folder, options) => OnnxModel.loadFolder(folder, options)],
]);

export class ModelLoaderRegistry {
  readonly #options: SessionOptions;
  readonly #loaders: ReadonlyMap<string, ModelLoader>;
  readonly #models = new Map<string, Promise<LoadedModel>>();

  constructor(options: SessionOptions = {}, loaders: ReadonlyMap<string, ModelLoader> = MODEL_LOADERS) {
    this.#options = options;
    this.#loaders = loaders;
  }

  /** Hashes of the models that are loaded, or being loaded. */
  get loaded(): string[] {
    return [...this.#models.keys()];
  }

  /** Callers that ask while a model loads share that load; one that failed is tried again by the next. */
  load(stored: StoredModel): Promise<LoadedModel> {
    let loading = this.#models.get(stored.hash);
    if (!loading) {
      const loader = this.#loaders.get(stored.type);
      if (!loader) return Promise.reject(new Error(`no loader for models of type '${stored.type}'`));
      loading = loader(stored.folder, this.#options);
      this.#models.set(stored.hash, loading);
      loading.catch(() => this.#models.delete(stored.hash));
    }
    return loading;
  }

  async diffusion(stored: StoredModel): Promise<DiffusionModel> {
    const model = await this.load(stored);
    if (model instanceof DiffusionModel) return model;
    throw new Error(`a model of type '${stored.type}' is not a diffusion model`);
  }

  async onnx(stored: StoredModel): Promise<OnnxModel> {
    const model = await this.load(stored);
    if (model instanceof OnnxModel) return model;
    throw new Error(`a model of type '${stored.type}' is not a single ONNX model`);
  }

  /** Unloads one model; it is loaded anew when it is next asked for. */
  async release(hash: string): Promise<void> {
    const loading = this.#models.get(hash);
    this.#models.delete(hash);
    await (await loading?.catch(() => undefined))?.release();
  }

  async releaseAll(): Promise<void> {
    await Promise.all(this.loaded.map((hash) => this.release(hash)));
  }
}
