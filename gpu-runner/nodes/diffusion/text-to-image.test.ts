/** The diffusion nodes on a real model, one after the other, as a session runs them. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { TINY_DIFFUSION } from '../../../test/support/onnx-fixtures.ts';
import type { Latents } from '../../diffusion/latents.ts';
import type { Submodel } from '../fields.ts';
import { imageGridNode } from '../image/image-grid.ts';
import { saveImageNode } from '../image/save-image.ts';
import { CanceledError } from '../node.ts';
import { COLOURS, colourDistance } from '../testing/colour.ts';
import { type TestContext, testContext } from '../testing/context.ts';
import { compelNode } from './compel.ts';
import { denoiseLatentsNode } from './denoise-latents.ts';
import { imageToLatentsNode } from './image-to-latents.ts';
import { latentsToImageNode } from './latents-to-image.ts';
import { mainModelLoaderNode } from './main-model-loader.ts';
import { noiseNode } from './noise.ts';

interface ImageOutput {
  image: { image_name: string };
  width: number;
  height: number;
}

const context = testContext({ tiny: TINY_DIFFUSION }, { intraOpNumThreads: 1 });
const other = testContext({ tiny: TINY_DIFFUSION }, { intraOpNumThreads: 2 });
afterAll(() => Promise.all([context.registry.releaseAll(), other.registry.releaseAll()]));

const load = (on: TestContext) =>
  on.run<Record<'unet' | 'clip' | 'vae', Submodel>>(mainModelLoaderNode, { model: { key: 'tiny' } });

async function draw(on: TestContext, prompt: string, start: Record<string, unknown>): Promise<ImageOutput> {
  const { unet, clip, vae } = await load(on);
  const encode = async (text: string) => (await on.run(compelNode, { prompt: text, clip })).conditioning;
  const { latents } = await on.run(denoiseLatentsNode, {
    positive_conditioning: await encode(prompt),
    negative_conditioning: await encode(''),
    steps: 10,
    cfg_scale: 3,
    denoising_start: 0,
    denoising_end: 1,
    scheduler: 'ddim',
    unet,
    ...start,
  });
  return on.run<ImageOutput>(latentsToImageNode, { latents, vae });
}

const noiseOf = (seed: number) => context.run<{ noise: Latents }>(noiseNode, { seed, width: 128, height: 128 });

const pixelsOf = async ({ image }: ImageOutput) => {
  const { data, info } = await sharp(context.stored.get(image.image_name)).raw().toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(3);
  return { data, at: (x: number, y: number) => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)] };
};

/** Prompts of the golden vectors, with the colours they name; a background of two tones may show either. */
const PROMPTS = [
  { golden: 'ddim-1', prompt: 'a big red star on striped blue', centre: ['red'], corner: ['blue', 'blue shade'] },
  { golden: 'ddim-2', prompt: 'a small yellow heart on white', centre: ['yellow'], corner: ['white'] },
  {
    golden: 'ddim-3',
    prompt: 'a purple ring on dotted yellow',
    centre: ['yellow', 'yellow shade'],
    corner: ['yellow', 'yellow shade'],
  },
] as const;

const distance = (pixel: number[], names: readonly (keyof typeof COLOURS)[]) =>
  Math.min(...names.map((name) => colourDistance(pixel, COLOURS[name])));

describe.each(PROMPTS)('"$prompt"', ({ golden, prompt, centre, corner }) => {
  it('gives the golden image from the golden noise', async () => {
    const folder = `${TINY_DIFFUSION}/golden`;
    const data = new Float32Array(Uint8Array.from(readFileSync(`${folder}/${golden}.noise.f32`)).buffer);
    const result = await draw(context, prompt, { noise: { shape: [1, 4, 16, 16], data } });
    const { data: pixels } = await pixelsOf(result);
    const expected = await sharp(`${folder}/${golden}.png`).raw().toBuffer();
    expect(Math.max(...pixels.map((value, i) => Math.abs(value - (expected[i] ?? 0))))).toBeLessThanOrEqual(1);
  });

  it('shows what the prompt says from noise of our own', async () => {
    const result = await draw(context, prompt, await noiseOf(42));
    expect(result).toMatchObject({ width: 128, height: 128 });
    const { at } = await pixelsOf(result);
    expect(distance(at(64, 64), centre)).toBeLessThanOrEqual(15);
    expect(distance(at(4, 4), corner)).toBeLessThanOrEqual(15);
    expect(distance(at(123, 123), corner)).toBeLessThanOrEqual(15);
  });

  it('gives the same bytes with another number of threads', async () => {
    const start = await noiseOf(7);
    const [one, two] = [await draw(context, prompt, start), await draw(other, prompt, start)];
    expect(two.image.image_name).toBe(one.image.image_name);
  });
});

describe('while it denoises', () => {
  it('reports each step with a preview, and lets messages in before it', async () => {
    const on = testContext({ tiny: TINY_DIFFUSION });
    await draw(on, PROMPTS[1].prompt, { ...(await noiseOf(1)), steps: 4 });
    expect(on.updates.map(({ percentage }) => percentage)).toEqual([0.25, 0.5, 0.75, 1]);
    // Two prompts and the decoding look once each.
    expect(on.checkpoints).toBe(4 + 3);
    const preview = await on.updates[3]?.preview?.();
    expect(preview).toMatchObject({ width: 128, height: 128 });
    await on.registry.releaseAll();
  });

  it('stops before the next step once canceled, and the model stays usable', async () => {
    const start = await noiseOf(1);
    const on = testContext({ tiny: TINY_DIFFUSION });
    on.progress = async () => {
      on.canceled = true;
    };
    await expect(draw(on, 'a red star on blue', start)).rejects.toThrow(CanceledError);
    on.canceled = false;
    on.progress = async () => {};
    expect(await draw(on, 'a red star on blue', start)).toMatchObject({ width: 128 });
    await on.registry.releaseAll();
  });
});

describe('from image to image', () => {
  it('encodes and decodes to about the same picture', async () => {
    const { vae } = await load(context);
    const original = await draw(context, PROMPTS[0].prompt, await noiseOf(3));
    const encoded = await context.run(imageToLatentsNode, { image: original.image, vae });
    expect(encoded).toMatchObject({ width: 128, height: 128, latents: { shape: [1, 4, 16, 16] } });
    const again = await context.run<ImageOutput>(latentsToImageNode, { latents: encoded.latents, vae });
    const [a, b] = [await pixelsOf(original), await pixelsOf(again)];
    const mean = a.data.reduce((sum, value, i) => sum + Math.abs(value - (b.data[i] ?? 0)), 0) / a.data.length;
    expect(mean).toBeLessThan(4);
  });

  it('keeps the layout and takes the new colours when it starts half-way', async () => {
    const { vae } = await load(context);
    const original = await draw(context, 'a big red circle on white', await noiseOf(5));
    const { latents } = await context.run(imageToLatentsNode, { image: original.image, vae });
    const result = await draw(context, 'a big green circle on white', {
      ...(await noiseOf(6)),
      latents,
      denoising_start: 0.3,
    });
    const { at } = await pixelsOf(result);
    expect(distance(at(64, 64), ['green'])).toBeLessThanOrEqual(15);
    expect(distance(at(4, 4), ['white'])).toBeLessThanOrEqual(15);
  });

  it('brings the sides of a photo down to what the model represents', async () => {
    const { vae } = await load(context);
    const photo = await sharp({ create: { width: 75, height: 70, channels: 4, background: '#f008' } })
      .png()
      .toBuffer();
    const image = { image_name: await context.assets.write(photo, 'image/png') };
    expect(await context.run(imageToLatentsNode, { image, vae })).toMatchObject({ width: 72, height: 64 });
  });
});

describe('images', () => {
  const square = async (background: string, size = 16) => {
    const bytes = await sharp({ create: { width: size, height: size, channels: 3, background } })
      .png()
      .toBuffer();
    return { image_name: await context.assets.write(bytes, 'image/png') };
  };
  const grid = (images: unknown[], inputs: object = {}) =>
    context.run<ImageOutput>(imageGridNode, {
      images,
      gap: 2,
      background: { r: 255, g: 255, b: 255, a: 255 },
      ...inputs,
    });

  it('pass through save_image as the same asset', async () => {
    const image = await square('#123456');
    expect(await context.run(saveImageNode, { image })).toEqual({ image, width: 16, height: 16 });
  });

  it('are laid out row by row, about square, smaller ones in the middle of their cell', async () => {
    const images = [await square('#f00'), await square('#0f0'), await square('#00f', 8)];
    const result = await grid(images);
    expect(result).toMatchObject({ width: 38, height: 38 });
    const { at } = await pixelsOf(result);
    expect([at(0, 0), at(2, 2), at(20, 2)]).toEqual([
      [255, 255, 255],
      [255, 0, 0],
      [0, 255, 0],
    ]);
    expect([at(2, 20), at(6, 24), at(13, 31), at(14, 32)]).toEqual([
      [255, 255, 255],
      [0, 0, 255],
      [0, 0, 255],
      [255, 255, 255],
    ]);
  });

  it('take as many columns as asked, and no more than there are', async () => {
    const images = [await square('#f00'), await square('#0f0'), await square('#00f')];
    expect(await grid(images, { columns: 1 })).toMatchObject({ width: 20, height: 56 });
    expect(await grid(images, { columns: 9 })).toMatchObject({ width: 56, height: 20 });
  });
});
