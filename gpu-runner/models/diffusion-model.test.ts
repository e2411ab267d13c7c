/** The pipeline on a real model and on what else exports look like, against vectors that were computed elsewhere. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { node, type OnnxFile } from '../../test/support/onnx-file.ts';
import {
  halfInputsAndOutputs,
  halfWeights,
  int32Ids,
  latentParameters,
  makeVariant,
  mapWeights,
  type Part,
  predictEpsilon,
  scalarFloatTimestep,
  TINY_DIFFUSION,
  type Variant,
} from '../../test/support/onnx-fixtures.ts';
import { type Denoiser, denoise } from '../diffusion/denoise.ts';
import { fromHalf, toHalf } from '../diffusion/half.ts';
import type { Conditioning } from '../diffusion/latents.ts';
import { alphasCumprod, SchedulerConfig } from '../diffusion/schedule.ts';
import { makeScheduler, type SchedulerName } from '../diffusion/schedulers.ts';
import { DiffusionModel } from './diffusion-model.ts';
import { OnnxModel } from './onnx-model.ts';

const GOLDEN = ['ddim-1', 'ddim-2', 'ddim-3'] as const;
const TOLERANCE = 1e-3;
const PARTS: readonly Part[] = ['text_encoder', 'unet', 'vae_decoder', 'vae_encoder'];

const floats = (name: string) =>
  new Float32Array(Uint8Array.from(readFileSync(join(TINY_DIFFUSION, 'golden', name))).buffer);
const golden = (name: string) => JSON.parse(readFileSync(join(TINY_DIFFUSION, 'golden', `${name}.json`), 'utf8'));
const noiseOf = (name: string) => floats(`${name}.noise.f32`);
const largest = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? 0))));
const halved = (values: Float32Array) => fromHalf(toHalf(values));

const cleanUp: (() => unknown)[] = [];
afterAll(() => Promise.all(cleanUp.map((clean) => clean())));

async function load(variant: Variant): Promise<DiffusionModel> {
  const { folder, remove } = makeVariant(variant);
  const model = await DiffusionModel.load(folder);
  cleanUp.push(async () => {
    await model.release();
    remove();
  });
  return model;
}

/** A folder whose files are the test's own. */
function copied(): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-copied-'));
  cpSync(TINY_DIFFUSION, folder, { recursive: true });
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
const changed = (change: (file: OnnxFile) => void) => Object.fromEntries(PARTS.map((part) => [part, change]));

interface Sampling {
  scheduler?: SchedulerName;
  denoiser?: Denoiser;
}

/** The latents of a golden file's prompt from its noise: 10 steps, guidance 3. */
async function sample(model: DiffusionModel, name: string, { scheduler = 'ddim', denoiser = model }: Sampling = {}) {
  const { prompt, num_inference_steps, guidance_scale } = golden(name);
  const { data } = await denoise({
    model: denoiser,
    scheduler: makeScheduler(scheduler, model.schedulerConfig, num_inference_steps),
    positive: await model.encodePrompt(prompt),
    negative: await model.encodePrompt(''),
    guidance: guidance_scale,
    noise: { shape: [1, 4, 16, 16], data: noiseOf(name) },
    latents: null,
    start: 0,
    end: 1,
    beforeStep: async () => {},
    afterStep: async () => {},
  });
  return data;
}

describe('tiny-diffusion', async () => {
  const model = await DiffusionModel.load(TINY_DIFFUSION);
  cleanUp.push(() => model.release());

  it('says what its configuration says', () => {
    expect(model.scalingFactor).toBe(0.25);
    expect(model.downFactor).toBe(8);
  });

  it.each(GOLDEN)('gives the prompt embedding of %s', async (name) => {
    const { stages, prompt } = golden(name);
    const head = (conditioning: Conditioning) => conditioning.data.subarray(0, 8);
    const positive = await model.encodePrompt(prompt);
    expect(positive.shape).toEqual([1, 77, 128]);
    expect(largest(head(positive), Float32Array.from(stages.prompt_hidden_states_head))).toBeLessThan(TOLERANCE);
  });

  it.each(GOLDEN)('gives the latents of %s', async (name) => {
    expect(largest(await sample(model, name), floats(`${name}.latents.f32`))).toBeLessThan(TOLERANCE);
  });

  it('gives nearly the same by Euler, which starts at σ = 4096 and not at infinity', async () => {
    const latents = await sample(model, 'ddim-1', { scheduler: 'euler' });
    expect(largest(latents, floats('ddim-1.latents.f32'))).toBeLessThan(5e-3);
  });

  it('loads again after it was released', async () => {
    await model.release();
    expect((await model.encodePrompt('')).shape).toEqual([1, 77, 128]);
  });
});

/** Leading spacing stays clear of zero SNR, where the predicted noise says nothing of the image. */
const LEADING = { timestep_spacing: 'leading', steps_offset: 1 };

describe('a model that predicts noise', async () => {
  const config = JSON.parse(readFileSync(join(TINY_DIFFUSION, 'scheduler', 'scheduler_config.json'), 'utf8'));
  const alphas = zeroSnrAlphas(config.beta_start, config.beta_end, config.num_train_timesteps);
  const model = await load({
    parts: { unet: predictEpsilon(alphas) },
    scheduler: { ...LEADING, prediction_type: 'epsilon' },
  });

  it('has noise levels that were computed another way', () => {
    const ours = alphasCumprod(SchedulerConfig.parse(config));
    expect(Math.max(...alphas.map((alpha, i) => Math.abs(alpha - (ours[i] ?? 0))))).toBeLessThan(1e-5);
  });

  it.each(GOLDEN)('gives the latents of %s, as the original network does in the formulas of DDIM', async (name) => {
    const expected = await ddimByFormula(model, alphas, name);
    expect(largest(await sample(model, name), expected)).toBeLessThan(TOLERANCE);
    expect(largest(await sample(model, name, { scheduler: 'euler' }), expected)).toBeLessThan(TOLERANCE);
  });
});

describe('an export of another kind', () => {
  it('has a scalar float time step, int32 ids and its weights in another file', async () => {
    const parts = { unet: scalarFloatTimestep, text_encoder: int32Ids };
    const model = await load({ parts, externalData: 'weights.pb' });
    expect(largest(await sample(model, 'ddim-1'), floats('ddim-1.latents.f32'))).toBeLessThan(TOLERANCE);
  });

  it('has mean and variance as the output of its encoder', async () => {
    const [one, other] = [await load({}), await load({ parts: { vae_encoder: latentParameters } })];
    const image = await one.decode({ shape: [1, 4, 16, 16], data: floats('ddim-1.latents.f32') });
    const latents = await other.encode(image);
    expect(latents.shape).toEqual([1, 4, 16, 16]);
    expect(latents).toEqual(await one.encode(image));
  });

  it('wants inputs that a prompt does not give: refused by name', async () => {
    const further = (file: OnnxFile) => {
      file.inputs.push({ name: 'time_ids', type: 1, dims: ['batch_size', 6] });
    };
    const model = await load({ parts: { unet: further } });
    await expect(sample(model, 'ddim-1')).rejects.toThrow(/not supported: time_ids/);
  });

  it('is a network made for inpainting: refused', async () => {
    const nine = (file: OnnxFile) => {
      file.inputs = file.inputs.map((input) =>
        input.name === 'sample' ? { ...input, dims: ['batch_size', 9, 'height', 'width'] } : input,
      );
    };
    const model = await load({ parts: { unet: nine }, configs: { unet: { in_channels: undefined } } });
    await expect(sample(model, 'ddim-1')).rejects.toThrow(/takes latents of 9 channels.*made for inpainting/);
    const named = await load({ configs: { unet: { in_channels: 9 } } });
    await expect(sample(named, 'ddim-1')).rejects.toThrow(/made for inpainting are not supported/);
  });

  it('takes prompts of one length only: longer ones are refused', async () => {
    const fixed = (file: OnnxFile) => {
      file.inputs = file.inputs.map((input) =>
        input.name === 'encoder_hidden_states' ? { ...input, dims: ['batch_size', 77, 128] } : input,
      );
    };
    const model = await load({ parts: { unet: fixed } });
    expect(largest(await sample(model, 'ddim-1'), floats('ddim-1.latents.f32'))).toBeLessThan(TOLERANCE);
    const latents = { shape: [1, 4, 16, 16] as const, data: new Float32Array(1024) };
    const long = await model.encodePrompt('("one", "two").and()');
    await expect(model.predict(latents, 999, long)).rejects.toThrow(/prompts of 77 tokens, and this one has 154/);
  });

  it('draws random numbers in its encoder: found out', async () => {
    const random = (file: OnnxFile) => {
      file.rename('outputs', 'latent_sample', 'mean');
      file.nodes.push(node('RandomNormalLike', ['mean'], ['drawn']), node('Add', ['mean', 'drawn'], ['latent_sample']));
    };
    const [usual, other] = [await load({}), await load({ parts: { vae_encoder: random } })];
    expect([await usual.encodesAtRandom(), await other.encodesAtRandom()]).toEqual([false, true]);
    const image = { shape: [1, 3, 32, 32] as const, data: new Float32Array(3 * 32 * 32) };
    expect(await usual.encode(image)).toEqual(await usual.encode(image));
    expect(await other.encode(image)).not.toEqual(await other.encode(image));
  });

  it.each([5, 6])('is given latents of %i×4, which do not fit: says which sizes do', async (side) => {
    const model = await load({});
    const latents = { shape: [1, 4, 4, side] as const, data: new Float32Array(16 * side) };
    const conditioning = await model.encodePrompt('');
    await expect(model.predict(latents, 999, conditioning)).rejects.toThrow(
      `latents of ${side}×4 do not fit the U-Net: their sides have to be multiples of 4, those of the image multiples of 32`,
    );
  });

  it.each(['tokenizer/vocab.json', 'tokenizer/merges.txt', 'scheduler/scheduler_config.json'])(
    'lacks %s: says so, and not where the runner looked',
    async (name) => {
      const { folder, remove } = copied();
      onTestFinished(remove);
      rmSync(join(folder, name));
      const error = await DiffusionModel.load(folder).catch((thrown) => thrown);
      expect(error.message).toMatch(new RegExp(`^the model has no ${name}: `));
      expect(error.message).not.toContain(folder);
    },
  );

  it('lacks a network, or has a broken one: says which, and not where', async () => {
    const { folder, remove } = copied();
    onTestFinished(remove);
    rmSync(join(folder, 'vae_encoder/model.onnx'));
    writeFileSync(join(folder, 'vae_decoder/model.onnx'), 'no model');
    const model = await DiffusionModel.load(folder);
    const image = { shape: [1, 3, 32, 32] as const, data: new Float32Array(3 * 32 * 32) };
    await expect(model.encode(image)).rejects.toThrow(/^the model has no vae_encoder\/model.onnx: /);
    const error = await model.decode({ shape: [1, 4, 4, 4], data: new Float32Array(64) }).catch((thrown) => thrown);
    expect(error.message).toMatch(/^the model's vae_decoder\/model.onnx cannot be loaded: /);
    expect(error.message).not.toContain(folder);
    writeFileSync(join(folder, 'scheduler/scheduler_config.json'), '{');
    await expect(DiffusionModel.load(folder)).rejects.toThrow(/scheduler\/scheduler_config.json is no JSON/);
  });

  it('says the size that its U-Net was trained with, or is Stable Diffusion 1', async () => {
    const sizes = [16, [96, 64], undefined].map((sample_size) => load({ configs: { unet: { sample_size } } }));
    expect((await Promise.all(sizes)).map(({ trainedSide }) => trainedSide)).toEqual([128, 768, 512]);
  });

  it('asks for a scheduler that is not there: refused by name', async () => {
    await expect(load({ scheduler: { use_beta_sigmas: true } })).rejects.toThrow(/use_beta_sigmas/);
  });
});

/**
 * Rounding the weights to half precision is a change of the model, which moves its latents by up to 0.004 (see the last
 * test). What the pipeline has to meet within the tolerance is the same rounded model run in single precision.
 */
describe('a model with float16 weights', async () => {
  const reference = await load({ parts: changed(mapWeights(halved)) });
  const weights = await load({ parts: changed(halfWeights(toHalf)) });
  const everything = await load({
    parts: changed((file) => {
      halfWeights(toHalf)(file);
      halfInputsAndOutputs(file);
    }),
  });

  /** The reference, with what crosses the border of each network rounded as an all-float16 export rounds it. */
  const rounding: Denoiser = {
    predict: async (sample, timestep, conditioning) => {
      const input = { ...sample, data: halved(sample.data) };
      const states = { ...conditioning, data: halved(conditioning.data) };
      return halved(await reference.predict(input, timestep, states));
    },
  };

  it.each(GOLDEN)('gives the latents of %s as the rounded model', async (name) => {
    expect(largest(await sample(weights, name), await sample(reference, name))).toBeLessThan(TOLERANCE);
  });

  it.each(GOLDEN)('gives the latents of %s as the rounded model, also with float16 tensors', async (name) => {
    const expected = await sample(reference, name, { denoiser: rounding });
    expect(largest(await sample(everything, name), expected)).toBeLessThan(TOLERANCE);
  });

  it.each(GOLDEN)('stays near the latents of %s', async (name) => {
    const expected = floats(`${name}.latents.f32`);
    expect(largest(await sample(weights, name), expected)).toBeLessThan(6e-3);
    expect(largest(await sample(everything, name), expected)).toBeLessThan(6e-3);
  });

  it('encodes and decodes images', async () => {
    const latents = { shape: [1, 4, 16, 16] as const, data: floats('ddim-1.latents.f32') };
    const [image, expected] = [await everything.decode(latents), await reference.decode(latents)];
    expect(largest(image.data, expected.data)).toBeLessThan(5e-3);
    expect(largest((await everything.encode(expected)).data, (await reference.encode(expected)).data)).toBeLessThan(
      5e-3,
    );
  });
});

/** Lin et al. (2023) in double precision: √ᾱ shifted to end at 0 and scaled to begin as before. */
function zeroSnrAlphas(start: number, end: number, count: number): number[] {
  const roots: number[] = [];
  let product = 1;
  for (let i = 0; i < count; i++) {
    product *= 1 - (Math.sqrt(start) + ((Math.sqrt(end) - Math.sqrt(start)) * i) / (count - 1)) ** 2;
    roots.push(Math.sqrt(product));
  }
  const [first = 1, last = 0] = [roots[0], roots[count - 1]];
  return roots.map((root) => (((root - last) * first) / (first - last)) ** 2);
}

/**
 * DDIM from the paper, in double precision, on the original network: v predictions, steps 901, 801 … 1. Shares nothing
 * with the pipeline but the prompt's embedding and the runtime.
 */
async function ddimByFormula(model: DiffusionModel, alphas: number[], name: string): Promise<Float32Array> {
  const unet = await OnnxModel.load(join(TINY_DIFFUSION, 'unet', 'model.onnx'));
  const predict = async (x: number[], t: number, { shape, data }: Conditioning) => {
    const { out_sample } = await unet.run({
      sample: { type: 'float32', dims: [1, 4, 16, 16], data: Float32Array.from(x) },
      timestep: { type: 'int64', dims: [1], data: BigInt64Array.of(BigInt(t)) },
      encoder_hidden_states: { type: 'float32', dims: shape, data },
    });
    return out_sample?.data as Float32Array;
  };
  const [positive, negative] = [await model.encodePrompt(golden(name).prompt), await model.encodePrompt('')];
  let x = [...noiseOf(name)];
  for (let t = 901; t > 0; t -= 100) {
    const [a, b] = [alphas[t] ?? 0, alphas[t - 100] ?? 1];
    const [p, n] = [await predict(x, t, positive), await predict(x, t, negative)];
    x = x.map((value, i) => {
      const v = (n[i] ?? 0) + 3 * ((p[i] ?? 0) - (n[i] ?? 0));
      const image = Math.sqrt(a) * value - Math.sqrt(1 - a) * v;
      const noise = Math.sqrt(a) * v + Math.sqrt(1 - a) * value;
      return Math.sqrt(b) * image + Math.sqrt(1 - b) * noise;
    });
  }
  await unet.release();
  return Float32Array.from(x);
}
