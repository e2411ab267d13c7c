import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HeavyKind, heavyModel, modelChurn } from '../../test/support/model-churn.ts';
import { TINY_DIFFUSION } from '../../test/support/onnx-fixtures.ts';
import { MODEL_LOADERS } from './model-loaders.ts';
import { defaultBudget, machineMemory, onnxBytes } from './model-memory.ts';
import { onnxWeights } from './onnx-weights.ts';

const MB = 2 ** 20;
let folder: string;
const models: Partial<Record<HeavyKind, string>> = {};

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'switchyard-heavy-'));
  for (const [seed, kind] of (['float32', 'external', 'float16'] as const).entries())
    models[kind] = heavyModel(path.join(folder, kind), kind, 16, seed);
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (kind: HeavyKind) => path.join(models[kind] ?? '', 'model.onnx');
const onnx = MODEL_LOADERS.get('onnx');

describe('what a model will take', () => {
  it('is read from its headers: embedded, beside the file, in half precision', () => {
    expect(onnxWeights(file('float32'))).toEqual({ file: statSync(file('float32')).size, external: 0, half: 0 });
    expect(onnxWeights(file('external'))).toMatchObject({ external: 64 * MB, half: 0 });
    expect(onnxWeights(file('external')).file).toBeLessThan(10_000);
    expect(onnxWeights(file('float16'))).toMatchObject({ external: 0, half: 32 * MB });
  });

  it('is about the same however its weights are stored, but that a GPU keeps halves as they are', () => {
    const estimates = Object.values(models).map((model) => Math.round((onnx?.estimate(model, {}) ?? 0) / MB));
    expect(estimates).toEqual([68, 68, 68]);
    expect(Math.round((onnx?.estimate(models.float16 ?? '', { executionProviders: ['cuda'] }) ?? 0) / MB)).toBe(36);
  });

  it('counts all networks of a diffusion model', () => {
    const networks = readdirSync(TINY_DIFFUSION, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.onnx'))
      .map((name) => path.join(TINY_DIFFUSION, name));
    expect(networks).toHaveLength(4);
    const sum = networks.reduce((bytes, network) => bytes + onnxBytes(network), 0);
    expect(MODEL_LOADERS.get('diffusion')?.estimate(TINY_DIFFUSION, {})).toBe(sum);
    expect(sum).toBeGreaterThan(networks.reduce((bytes, network) => bytes + statSync(network).size, 0));
  });

  it('leaves what is no ONNX file, or none at all, to who loads it', () => {
    const broken = path.join(folder, 'broken.onnx');
    for (const text of ['no ONNX file', '', '\x3a\xff\xff\xff\x7f', '\x80'.repeat(200)]) {
      writeFileSync(broken, text, 'latin1');
      expect(onnxBytes(broken)).toBeLessThan(10 * MB);
    }
    expect(onnx?.estimate(path.join(folder, 'none'), {})).toBe(0);
  });

  it('may be half of what there is', async () => {
    expect(await defaultBudget('cpu')).toBe(Math.floor(machineMemory() / 2));
    expect(machineMemory()).toBeGreaterThan(100 * MB);
  });
});

it('three models, a budget for two, 200 uses in a random order: the process keeps within the budget', async () => {
  const churn = await modelChurn(Object.values(models), 1, 200);
  expect(churn.budget).toBeLessThan(2 * 70 * MB);
  // Each use is of another model than the one before, of which one in two is not there.
  expect(churn.loads).toBeGreaterThan(70);
  expect(churn.models_cached).toBe(2);
  expect(churn.largest / churn.budget).toBeLessThanOrEqual(1.15);
  expect(churn.after).toBeLessThan(0.15 * churn.budget);
}, 300_000);
