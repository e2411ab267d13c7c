/** One ONNX file, ready to run. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { hasRandomOperators } from './random-operators.ts';

/** How sessions are made; arguments, because the device decides them, and not the model. */
export interface SessionOptions {
  /** Tried by onnxruntime as given: a list is no fallback, a provider that is missing throws. `['cpu']` when absent. */
  executionProviders?: readonly string[];
  /** Threads of one inference; onnxruntime takes the number of cores when absent. More than that is slower. */
  intraOpNumThreads?: number;
  /**
   * True keeps memory for the next run; a large model that runs now and then can hold gigabytes that way. False when
   * absent: on the models measured here (a small U-Net, background removal at 1024²) it was no slower.
   */
  enableCpuMemArena?: boolean;
  /** Has onnxruntime write its own trace of a model: given the model's file, how the trace's path begins. */
  profile?: (path: string) => string;
}

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** A dense tensor. float16 is its bits in a Uint16Array, bool is 0 or 1 in a Uint8Array. */
export interface TensorValue {
  type: string;
  dims: readonly number[];
  data: TensorData;
}

/** What a model says about an input or output. A symbolic dimension is its name, '' when it has none. */
export interface TensorInfo {
  name: string;
  type: string;
  shape: readonly (number | string)[];
}

/** Imported when the first model is loaded: the native library is 46 MB, and a runner may never need it. */
async function loadRuntime(): Promise<typeof import('onnxruntime-node')> {
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    throw new Error('onnxruntime-node is not installed here; "ONNXRUNTIME_NODE_INSTALL=skip npm ci" installs it', {
      cause: error,
    });
  }
}

export class OnnxModel {
  /** The object in config.json beside the file: what a node needs to know and ONNX does not say. Empty without one. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputMetadata: readonly TensorInfo[];
  readonly outputMetadata: readonly TensorInfo[];
  readonly #session: InferenceSession;
  readonly #makeTensor: (value: TensorValue) => Tensor;
  readonly #path: string;
  readonly #profiled: boolean;
  #random: Promise<boolean> | undefined;

  private constructor(
    path: string,
    session: InferenceSession,
    makeTensor: (value: TensorValue) => Tensor,
    config: Readonly<Record<string, unknown>>,
    profiled: boolean,
  ) {
    this.#path = path;
    this.#profiled = profiled;
    this.config = config;
    this.#session = session;
    this.#makeTensor = makeTensor;
    this.inputMetadata = session.inputMetadata.map(tensorInfo);
    this.outputMetadata = session.outputMetadata.map(tensorInfo);
  }

  /** Loads by path, so that external data is found: it lies beside the file, under the name that the file says. */
  static async load(
    path: string,
    options: SessionOptions = {},
    config: Readonly<Record<string, unknown>> = {},
  ): Promise<OnnxModel> {
    const { InferenceSession, Tensor } = await loadRuntime();
    const { executionProviders = ['cpu'], intraOpNumThreads, enableCpuMemArena = false, profile } = options;
    const session = await InferenceSession.create(path, {
      executionProviders: [...executionProviders],
      enableCpuMemArena,
      // Threads that wait for the next operator by turning in a loop take what others could compute with: measured on
      // two busy cores, a step of a small U-Net took 14 ms of processor time instead of 22, and half the time.
      extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
      // Errors only: what onnxruntime warns of is in the file, and whoever runs a model cannot change that.
      logSeverityLevel: 3,
      ...(intraOpNumThreads !== undefined && { intraOpNumThreads }),
      ...(profile && { enableProfiling: true, profileFilePrefix: profile(path) }),
    });
    const makeTensor = ({ type, dims, data }: TensorValue) => new Tensor(type as 'float32', data as Float32Array, dims);
    return new OnnxModel(path, session, makeTensor, config, profile !== undefined);
  }

  /** The model of a folder: `model.onnx`, or the only .onnx file in it, and its config.json when there is one. */
  static async loadFolder(folder: string, options: SessionOptions = {}): Promise<OnnxModel> {
    const files = await readdir(folder);
    const name = onnxFileOf(files);
    if (name === undefined) {
      const count = files.filter((each) => each.endsWith('.onnx')).length;
      throw new Error(`an ONNX model is a folder with model.onnx, or with one .onnx file; this one has ${count}`);
    }
    const config = files.includes(CONFIG) ? readConfig(await readFile(join(folder, CONFIG), 'utf8')) : {};
    return OnnxModel.load(join(folder, name), options, config);
  }

  /** Runs on named inputs; returns the named outputs, all of them when none are named. */
  async run(inputs: Record<string, TensorValue>, outputs?: readonly string[]): Promise<Record<string, TensorValue>> {
    const feeds = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, this.#makeTensor(value)]));
    const results = await (outputs ? this.#session.run(feeds, [...outputs]) : this.#session.run(feeds));
    return Object.fromEntries(
      Object.entries(results).map(([name, { type, dims, data }]) => [name, { type, dims, data: data as TensorData }]),
    );
  }

  /** Whether it has operators that draw random numbers, so that the same inputs give other outputs each time. */
  drawsRandomNumbers(): Promise<boolean> {
    this.#random ??= hasRandomOperators(this.#path);
    return this.#random;
  }

  /** Gives the memory back; the model cannot run after it. */
  async release(): Promise<void> {
    if (this.#profiled) this.#session.endProfiling();
    await this.#session.release();
  }
}

const CONFIG = 'config.json';

/** Which of a folder's files is the model. */
export function onnxFileOf(files: readonly string[]): string | undefined {
  const names = files.filter((name) => name.endsWith('.onnx'));
  if (names.includes('model.onnx')) return 'model.onnx';
  return names.length === 1 ? names[0] : undefined;
}

function readConfig(text: string): Record<string, unknown> {
  try {
    const config: unknown = JSON.parse(text);
    if (typeof config === 'object' && config !== null && !Array.isArray(config)) return { ...config };
    throw new Error('it is no object');
  } catch (error) {
    throw new Error(`the model's ${CONFIG} cannot be read: ${(error as Error).message}`);
  }
}

function tensorInfo(metadata: InferenceSession.ValueMetadata): TensorInfo {
  if (!metadata.isTensor) throw new Error(`'${metadata.name}' is not a tensor; only tensors go in and out of a model`);
  return { name: metadata.name, type: metadata.type, shape: metadata.shape };
}
