/**
 * Uses models in a random order through the registry, as a device does: the arguments are the seed, how often, and the
 * models' folders; the budget is for all but one of them. Prints a Churn.
 */
import { ModelLoaderRegistry, type StoredModel } from '../../gpu-runner/models/model-loader-registry.ts';
import { MODEL_LOADERS } from '../../gpu-runner/models/model-loaders.ts';
import { Random } from '../sim/random.ts';
import type { Churn } from './model-churn.ts';

const [seed, times, warm = '', ...folders] = process.argv.slice(2);
const models = folders.map((folder): StoredModel => ({ hash: folder, type: 'onnx', folder }));
const options = { intraOpNumThreads: 1 };
const costs = models.map(({ type, folder }) => MODEL_LOADERS.get(type)?.estimate(folder, options) ?? 0);
const budget = (models.length - 1) * Math.max(...costs);
const registry = new ModelLoaderRegistry({ options, budget });

async function use(stored: StoredModel): Promise<void> {
  const hold = registry.hold();
  const model = await hold.onnx(stored);
  const inputs = model.inputMetadata.map(({ name, shape }) => {
    const dims = shape.map(Number);
    const length = dims.reduce((product, dim) => product * dim, 1);
    return [name, { type: 'float32', dims, data: new Float32Array(length) }] as const;
  });
  await model.run(Object.fromEntries(inputs));
  hold.release();
}

// Before a device has its first model it has loaded onnxruntime, to see that it works.
await use({ hash: warm, type: 'onnx', folder: warm });
await registry.releaseAll();
const before = process.memoryUsage.rss();
const random = new Random(Number(seed));
let largest = 0;
let last: StoredModel | undefined;
for (let time = 0; time < Number(times); time++) {
  last = random.pick(models.filter((model) => model !== last));
  await use(last);
  largest = Math.max(largest, process.memoryUsage.rss() - before);
}
const { misses, models_cached } = registry.figures();
await registry.releaseAll();
const after = process.memoryUsage.rss() - before;
const churn: Churn = { budget, largest, after, loads: misses - 1, models_cached };
console.log(JSON.stringify(churn));
