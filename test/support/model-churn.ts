/** What a process takes that uses more models in turns than its budget is for. */
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MALLOC_SETTINGS } from '../../gpu-runner/models/model-memory.ts';
import { DATA_TYPES, node, OnnxFile } from './onnx-file.ts';

/** Bytes by which the process had grown since before its first model. */
export interface Churn {
  budget: number;
  /** The largest of a look after each use. */
  largest: number;
  /** When all models have been released. */
  after: number;
  loads: number;
  models_cached: number;
}

const SIDE = 1024;
const CHILD = fileURLToPath(new URL('./model-churn-child.ts', import.meta.url));
const WARM = fileURLToPath(new URL('../../models/blazeface', import.meta.url));

/** `loads` uses, never of the same model twice in a row; `signal` ends the process. */
export async function modelChurn(folders: string[], seed: number, uses: number, signal?: AbortSignal): Promise<Churn> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...process.execArgv, CHILD, String(seed), String(uses), WARM, ...folders],
    { env: { ...process.env, ...MALLOC_SETTINGS }, ...(signal ? { signal } : {}) },
  );
  return JSON.parse(stdout) as Churn;
}

export type HeavyKind = 'float32' | 'external' | 'float16';

/** An ONNX model of `layers` matrices of a million elements each, in a new folder. */
export function heavyModel(folder: string, kind: HeavyKind, layers: number, seed: number): string {
  mkdirSync(folder, { recursive: true });
  const file = OnnxFile.empty();
  const dims = [1, SIDE];
  const kept = kind === 'float16' ? halves(seed) : floats(seed);
  for (let layer = 0; layer < layers; layer++) {
    // No two alike: onnxruntime would keep them once.
    const raw = kept.slice();
    raw[0] = layer;
    const type = kind === 'float16' ? DATA_TYPES.float16 : DATA_TYPES.float;
    file.initializers.push({ name: `w${layer}`, type, dims: [SIDE, SIDE], raw });
    if (kind === 'float16') file.nodes.push(node('Cast', [`w${layer}`], [`f${layer}`], { to: DATA_TYPES.float }));
    file.nodes.push(node('MatMul', [`x${layer}`, `${kind === 'float16' ? 'f' : 'w'}${layer}`], [`x${layer + 1}`]));
  }
  file.inputs = [{ name: 'x0', type: DATA_TYPES.float, dims }];
  file.outputs = [{ name: `x${layers}`, type: DATA_TYPES.float, dims }];
  file.write(path.join(folder, 'model.onnx'), kind === 'external' ? { externalData: 'weights.bin' } : {});
  return folder;
}

/** Bytes of small numbers. */
const floats = (seed: number): Uint8Array =>
  new Uint8Array(Float32Array.from({ length: SIDE * SIDE }, (_, at) => ((at + seed) % 97) / 97 / SIDE).buffer);

/** The same in half precision: bits from 2^-12 on. */
const halves = (seed: number): Uint8Array =>
  new Uint8Array(Uint16Array.from({ length: SIDE * SIDE }, (_, at) => 0x0c00 + ((at + seed) % 251)).buffer);
