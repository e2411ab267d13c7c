/**
 * Model folders that differ from tiny-diffusion as exports differ from one another, derived from it when a test runs.
 * Files that stay the same are links to its own.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DATA_TYPES, floatTensor, int64Tensor, node, OnnxFile, type TensorDefinition } from './onnx-file.ts';

export const TINY_DIFFUSION = fileURLToPath(new URL('../../models/tiny-diffusion', import.meta.url));
const PARTS = ['text_encoder', 'unet', 'vae_decoder', 'vae_encoder'] as const;
export type Part = (typeof PARTS)[number];

export interface Variant {
  /** What to make of a part's ONNX file; parts that are not named stay as they are. */
  parts?: Partial<Record<Part, (file: OnnxFile) => void>>;
  /** Name of the file that holds the weights of the changed parts, beside each model.onnx. */
  externalData?: string;
  /** Laid over scheduler_config.json. */
  scheduler?: Record<string, unknown>;
  /** Laid over the config.json of a part; what is undefined is left out. */
  configs?: Partial<Record<Part, Record<string, unknown>>>;
}

export interface Fixture {
  folder: string;
  remove(): void;
}

/** A temporary model folder. */
export function makeVariant({ parts = {}, externalData, scheduler = {}, configs = {} }: Variant): Fixture {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-model-'));
  symlinkSync(join(TINY_DIFFUSION, 'tokenizer'), join(folder, 'tokenizer'));
  for (const part of PARTS) {
    const change = parts[part];
    if (!change && !configs[part]) {
      symlinkSync(join(TINY_DIFFUSION, part), join(folder, part));
      continue;
    }
    mkdirSync(join(folder, part));
    const config = JSON.parse(readFileSync(join(TINY_DIFFUSION, part, 'config.json'), 'utf8'));
    writeFileSync(join(folder, part, 'config.json'), JSON.stringify({ ...config, ...configs[part] }));
    if (!change) {
      symlinkSync(join(TINY_DIFFUSION, part, 'model.onnx'), join(folder, part, 'model.onnx'));
      continue;
    }
    const file = OnnxFile.read(join(TINY_DIFFUSION, part, 'model.onnx'));
    change(file);
    file.write(join(folder, part, 'model.onnx'), externalData === undefined ? {} : { externalData });
  }
  mkdirSync(join(folder, 'scheduler'));
  const config = JSON.parse(readFileSync(join(TINY_DIFFUSION, 'scheduler', 'scheduler_config.json'), 'utf8'));
  writeFileSync(join(folder, 'scheduler', 'scheduler_config.json'), JSON.stringify({ ...config, ...scheduler }));
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

/**
 * The U-Net predicts the noise: ε = √ᾱ·v + √(1−ᾱ)·x, appended to its graph, with ᾱ (one for each training step) from
 * tables. The same network otherwise, so the samples it leads to are those of the original.
 */
export const predictEpsilon = (alphas: readonly number[]) => (file: OnnxFile) => {
  file.rename('outputs', 'out_sample', 'v');
  const table = (name: string, values: number[]) => floatTensor(name, [values.length], Float32Array.from(values));
  file.initializers.push(table('signal_table', alphas.map(Math.sqrt)));
  file.initializers.push(
    table(
      'noise_table',
      alphas.map((alpha) => Math.sqrt(1 - alpha)),
    ),
  );
  file.initializers.push(int64Tensor('column', [-1, 1, 1, 1]));
  for (const part of ['signal', 'noise']) {
    file.nodes.push(node('Gather', [`${part}_table`, 'timestep'], [`${part}_flat`]));
    file.nodes.push(node('Reshape', [`${part}_flat`, 'column'], [part]));
  }
  file.nodes.push(node('Mul', ['signal', 'v'], ['signal_v']));
  file.nodes.push(node('Mul', ['noise', 'sample'], ['noise_x']));
  file.nodes.push(node('Add', ['signal_v', 'noise_x'], ['out_sample']));
};

/** The U-Net's time step is one floating point number, as current exports have it. */
export function scalarFloatTimestep(file: OnnxFile): void {
  file.rename('inputs', 'timestep', 'timestep_1d');
  file.initializers.push(int64Tensor('one', [1]));
  file.nodes.unshift(
    node('Cast', ['timestep'], ['timestep_integer'], { to: DATA_TYPES.int64 }),
    node('Reshape', ['timestep_integer', 'one'], ['timestep_1d']),
  );
  replaceInput(file, 'timestep', DATA_TYPES.float, []);
}

/** Some older exports take token ids as int32. */
export function int32Ids(file: OnnxFile): void {
  file.rename('inputs', 'input_ids', 'input_ids_64');
  file.nodes.unshift(node('Cast', ['input_ids'], ['input_ids_64'], { to: DATA_TYPES.int64 }));
  replaceInput(file, 'input_ids', DATA_TYPES.int32);
}

/** The VAE encoder gives mean and log-variance in twice the channels. The log-variance here is 1 − mean: never the mean. */
export function latentParameters(file: OnnxFile): void {
  file.initializers.push(floatTensor('unit', [1], Float32Array.of(1)));
  file.nodes.push(node('Sub', ['unit', 'latent_sample'], ['log_variance']));
  file.nodes.push(node('Concat', ['latent_sample', 'log_variance'], ['latent_parameters'], { axis: 1 }));
  file.outputs = [{ name: 'latent_parameters', type: DATA_TYPES.float, dims: ['batch_size', 8, 'h', 'w'] }];
}

/** Weights are stored in half precision, and computed with in single precision; what goes in and out stays float32. */
export const halfWeights =
  (toHalf: (values: Float32Array) => Uint16Array) =>
  (file: OnnxFile): void => {
    const casts = file.initializers.filter(isFloat).map(({ name }) => {
      return node('Cast', [`${name}.half`], [name], { to: DATA_TYPES.float });
    });
    file.initializers = file.initializers.map((tensor) => {
      if (!isFloat(tensor)) return tensor;
      const halves = toHalf(floatsOf(tensor));
      const raw = new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength);
      return { ...tensor, name: `${tensor.name}.half`, type: DATA_TYPES.float16, raw };
    });
    file.nodes.unshift(...casts);
  };

/** What goes in and out is float16, as in an export that was converted as a whole. */
export function halfInputsAndOutputs(file: OnnxFile): void {
  for (const { name } of file.inputs.filter(isFloat)) {
    file.rename('inputs', name, `${name}.single`);
    file.nodes.unshift(node('Cast', [name], [`${name}.single`], { to: DATA_TYPES.float }));
    replaceInput(file, name, DATA_TYPES.float16);
  }
  file.outputs = file.outputs.map((output) => {
    if (!isFloat(output)) return output;
    file.rename('outputs', output.name, `${output.name}.single`);
    file.nodes.push(node('Cast', [`${output.name}.single`], [output.name], { to: DATA_TYPES.float16 }));
    return { ...output, type: DATA_TYPES.float16 };
  });
}

/** Every weight rounded by `round`, and otherwise the same model: the reference that a conversion is compared with. */
export const mapWeights =
  (round: (values: Float32Array) => Float32Array) =>
  (file: OnnxFile): void => {
    file.initializers = file.initializers.map((tensor) =>
      isFloat(tensor) ? floatTensor(tensor.name, tensor.dims, round(floatsOf(tensor))) : tensor,
    );
  };

const isFloat = ({ type }: { type: number }): boolean => type === DATA_TYPES.float;

/** A copy, because the bytes in the file need not be aligned. */
const floatsOf = ({ raw }: TensorDefinition): Float32Array => new Float32Array(Uint8Array.from(raw).buffer);

function replaceInput(file: OnnxFile, name: string, type: number, dims?: readonly string[]): void {
  file.inputs = file.inputs.map((input) =>
    input.name === name ? { ...input, type, dims: dims ?? input.dims } : input,
  );
}
