/** The models of one invocation. */
import { DiffusionModel } from './diffusion-model.ts';
import type { LoadedModel, StoredModel } from './model-loader-registry.ts';
import { OnnxModel } from './onnx-model.ts';

/** What it has asked for, until it says that it is over. */
export class ModelHold {
  readonly #load: (hold: ModelHold, stored: StoredModel) => Promise<LoadedModel>;
  readonly #release: (hold: ModelHold) => void;
  #released = false;

  constructor(
    load: (hold: ModelHold, stored: StoredModel) => Promise<LoadedModel>,
    release: (hold: ModelHold) => void,
  ) {
    this.#load = load;
    this.#release = release;
  }

  /** Callers that ask while a model loads share that load; one that failed is tried again by the next. */
  async load(stored: StoredModel): Promise<LoadedModel> {
    if (this.#released) throw new Error('the invocation that wanted a model is over');
    return this.#load(this, stored);
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

  /** From now on its models may go. What it still waits for is not loaded, unless somebody else waits for it too. */
  release(): void {
    this.#released = true;
    this.#release(this);
  }
}
