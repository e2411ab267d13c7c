/** How the folder of a model becomes a loaded one, for each type of model. */
import fs from 'node:fs';
import path from 'node:path';
import { DiffusionModel, PARTS } from './diffusion-model.ts';
import type { LoadedModel, StoredModel } from './model-loader-registry.ts';
import { onnxBytes } from './model-memory.ts';
import { OnnxModel, onnxFileOf, type SessionOptions } from './onnx-model.ts';

export interface ModelLoader {
  /** Bytes that the model will take when all of it is loaded; asked before. What cannot be read counts as little. */
  estimate(folder: string, options: SessionOptions): number;
  load(stored: StoredModel, options: SessionOptions): Promise<LoadedModel>;
}

const onnx: ModelLoader = {
  estimate(folder, { executionProviders }) {
    const name = onnxFileOf(listed(folder));
    return name === undefined ? 0 : onnxBytes(path.join(folder, name), executionProviders);
  },
  load: ({ folder }, options) => OnnxModel.loadFolder(folder, options),
};

/** Its networks are loaded one by one, as they are needed, and count as loaded from the beginning. */
const diffusion: ModelLoader = {
  estimate: (folder, { executionProviders }) =>
    PARTS.map((part) => path.join(folder, part, 'model.onnx'))
      .filter((file) => fs.existsSync(file))
      .reduce((sum, file) => sum + onnxBytes(file, executionProviders), 0),
  load: ({ folder, mend }, options) => DiffusionModel.load(folder, options, mend),
};

export const MODEL_LOADERS: ReadonlyMap<string, ModelLoader> = new Map([
  ['diffusion', diffusion],
  ['onnx', onnx],
]);

function listed(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}
