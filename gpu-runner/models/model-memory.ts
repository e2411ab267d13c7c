/**
 * What a model will take in memory, estimated before it is loaded, and how much all of them may take.
 *
 * Measured with onnxruntime 1.30 on Linux, weights over 1 MiB given back to the system when they are freed
 * (`MALLOC_SETTINGS`), growth of the process per byte of the file: matrices in float32 1.00, embedded or beside the file;
 * convolutions in float32 1.00; matrices in float16 on the CPU 2.01, since it computes in float32 and keeps only that.
 * Many weights under 1 MiB, as in a small U-Net of 12 MB, leave holes in the heap: 1.5 to 2.1, which is what the fixed
 * part is for. On a GPU the bytes are kept as they are in the file. While a model loads it may take up to 2.3 times its
 * size for a moment.
 */
import { execFile } from 'node:child_process';
import os from 'node:os';
import { promisify } from 'node:util';
import { onnxWeights } from './onnx-weights.ts';

/** A session's own: its graph, its buffers, and what the heap keeps of small weights. */
const PER_FILE_BYTES = 4 * 2 ** 20;

/**
 * For the process that loads models. glibc by itself raises the size from which memory comes from the system and goes
 * back to it to 32 MiB, and then what was freed stays with the process: three models of 84 MB in turns, two at a time,
 * took 341 MB, with these 169. At 128 KiB runs became slower, since their tensors too come and go; at 1 MiB not.
 */
export const MALLOC_SETTINGS: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: String(2 ** 20),
  MALLOC_TRIM_THRESHOLD_: String(2 ** 20),
};

/** Of one ONNX file with the data beside it. A file that cannot be read is left to onnxruntime, which says why. */
export function onnxBytes(path: string, executionProviders: readonly string[] = ['cpu']): number {
  try {
    const { file, external, half } = onnxWeights(path);
    return PER_FILE_BYTES + file + external + (executionProviders[0] === 'cpu' ? half : 0);
  } catch {
    return PER_FILE_BYTES;
  }
}

/** Half of the memory that models lie in on `device`: the GPU's where it tells, else what this process may use. */
export async function defaultBudget(device: string): Promise<number> {
  const gpu = device.startsWith('cuda') ? await gpuMemory() : null;
  return Math.floor((gpu ?? machineMemory()) / 2);
}

/** Of a container's limit and the machine's memory the smaller one. */
export function machineMemory(): number {
  // 0 or an absurdly large number when there is no limit.
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem();
}

/** Of the only GPU that this process sees; null when its driver does not tell. */
async function gpuMemory(): Promise<number | null> {
  const visible = process.env.CUDA_VISIBLE_DEVICES ?? '0';
  const query = ['--query-gpu=memory.total', '--format=csv,noheader,nounits', `--id=${visible.split(',')[0]}`];
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: 10_000 });
    const mebibytes = Number.parseInt(stdout, 10);
    return mebibytes > 0 ? mebibytes * 2 ** 20 : null;
  } catch {
    return null;
  }
}
