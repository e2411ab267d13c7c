/** Whether a device really infers: loads onnxruntime and runs the smallest model on it. */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cudaVisibleDevices, executionProviders } from './execution-providers.ts';

/** ONNX: y = x + x, float32 [1]. Written out byte by byte; so few bytes need no file. */
const DOUBLING = Buffer.from(
  '0808' + // ir_version 8
    '4202100d' + // operator set 13
    '3a35' + // the graph:
    '0a0e' + // a node Add(x, x) → y
    '0a01780a01781201792203416464' +
    '120167' + // its name, "g"
    '5a0f0a0178120a0a08080112040a020801' + // its input x
    '620f0a0179120a0a08080112040a020801', // its output y
  'hex',
);

export async function tryDevice(device: string): Promise<void> {
  if (device.startsWith('cuda')) {
    requireCudaLibrary();
    process.env.CUDA_VISIBLE_DEVICES = cudaVisibleDevices(device, process.env.CUDA_VISIBLE_DEVICES);
  }
  const ort = await import('onnxruntime-node');
  const session = await ort.InferenceSession.create(DOUBLING, {
    executionProviders: executionProviders(device),
    logSeverityLevel: 4,
  });
  try {
    const { y } = await session.run({ x: new ort.Tensor('float32', [21], [1]) });
    if (y?.data[0] !== 42) throw new Error(`it computes wrongly: 21 + 21 = ${y?.data[0]}`);
  } finally {
    await session.release();
  }
}

/** Asked of the disk first: onnxruntime writes lines of its own to the terminal when the library is absent. */
function requireCudaLibrary(): void {
  const name = 'libonnxruntime_providers_cuda.so';
  const main = fileURLToPath(import.meta.resolve('onnxruntime-node'));
  const library = new URL(`../bin/napi-v6/${process.platform}/${process.arch}/${name}`, `file://${main}`);
  if (!fs.existsSync(library)) throw new Error(`${name} is not installed`);
}
