/** The nodes that change latents without a U-Net. */
import { afterAll, describe, expect, it } from 'vitest';
import type { Latents } from '../../diffusion/latents.ts';
import { normalNoise } from '../../diffusion/noise.ts';
import type { Node } from '../node.ts';
import { withDefaults } from '../testing/defaults.ts';
import { blendLatentsNode } from './blend-latents.ts';
import { cropLatentsNode } from './crop-latents.ts';
import { idealSizeNode } from './ideal-size.ts';
import { resizeLatentsNode } from './resize-latents.ts';
import { scaleLatentsNode } from './scale-latents.ts';
import { Drawing, type LatentsOutput } from './testing/drawing.ts';

const drawing = new Drawing();
afterAll(() => drawing.release());

const run = (node: Node, inputs: Record<string, unknown>) =>
  drawing.context.run<LatentsOutput>(node, withDefaults(node, inputs));

/** Two channels of 2 × 3, counted through. */
const COUNTED: Latents = { shape: [1, 2, 2, 3], data: Float32Array.from({ length: 12 }, (_, i) => i), seed: 5 };

describe('lresize', () => {
  it('brings latents to a size in pixels, and keeps their seed', async () => {
    const { latents, width, height } = await run(resizeLatentsNode, {
      latents: COUNTED,
      width: 96,
      height: 64,
      mode: 'area',
    });
    expect([width, height, latents.shape, latents.seed]).toEqual([96, 64, [1, 2, 8, 12], 5]);
    expect([...latents.data.subarray(0, 12)]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    expect(latents.data.at(-1)).toBe(11);
  });

  it('makes a picture larger that is still the same', async () => {
    const latents = await drawing.denoise('a big red circle on white', await drawing.noise(1));
    const { latents: large } = await run(resizeLatentsNode, { latents, width: 256, height: 256, mode: 'nearest' });
    const pixels = await drawing.pixels(await drawing.decode(large));
    expect(pixels.distance(128, 128, 'red')).toBeLessThanOrEqual(15);
    expect(pixels.distance(8, 248, 'white')).toBeLessThanOrEqual(15);
  });
});

describe('lscale', () => {
  it('scales by a factor, and cuts what is no whole pixel', async () => {
    const { latents, width, height } = await run(scaleLatentsNode, {
      latents: COUNTED,
      scale_factor: 1.5,
      mode: 'nearest',
    });
    expect([width, height, latents.shape]).toEqual([32, 24, [1, 2, 3, 4]]);
    expect([...latents.data.subarray(0, 12)]).toEqual([0, 0, 1, 2, 0, 0, 1, 2, 3, 3, 4, 5]);
  });

  it.each([0.3, 400])('refuses the factor %f, which leaves nothing or too much', async (scale_factor) => {
    await expect(run(scaleLatentsNode, { latents: COUNTED, scale_factor })).rejects.toThrow(/sides are 1 to 1024/);
  });
});

describe('lblend', () => {
  const of = (seed: number): Latents => ({ shape: [1, 4, 2, 2], data: normalNoise(seed, 16), seed });

  it('goes from the first to the second', async () => {
    const at = async (alpha: number) => {
      const output = await run(blendLatentsNode, { latents_a: of(1), latents_b: of(2), alpha });
      expect(output).toMatchObject({ width: 16, height: 16, latents: { shape: [1, 4, 2, 2], seed: 1 } });
      return [...output.latents.data].map((value) => expect.closeTo(value, 5));
    };
    expect([...of(1).data]).toEqual(await at(0));
    expect([...of(2).data]).toEqual(await at(1));
    const half = await run(blendLatentsNode, { latents_a: of(1), latents_b: of(2) });
    expect([...half.latents.data]).toEqual(await at(0.5));
  });

  it('refuses latents of two sizes', async () => {
    await expect(run(blendLatentsNode, { latents_a: of(1), latents_b: COUNTED })).rejects.toThrow(/differ in shape/);
  });
});

describe('crop_latents', () => {
  const crop = (x: number, y: number, width: number, height: number) =>
    run(cropLatentsNode, { latents: COUNTED, x, y, width, height });

  it('cuts a rectangle out of every channel', async () => {
    const { latents, width, height } = await crop(8, 0, 16, 16);
    expect([width, height, latents.shape, latents.seed]).toEqual([16, 16, [1, 2, 2, 2], 5]);
    expect([...latents.data]).toEqual([1, 2, 4, 5, 7, 8, 10, 11]);
  });

  it('takes what there is, and refuses where there is nothing', async () => {
    expect(await crop(16, 8, 80, 80)).toMatchObject({ width: 8, height: 8, latents: { data: Float32Array.of(5, 11) } });
    await expect(crop(24, 0, 8, 8)).rejects.toThrow(/begins at 24, 0, outside of an image of 24×16/);
    await expect(crop(0, 16, 8, 8)).rejects.toThrow(/outside/);
  });
});

describe('ideal_size', () => {
  it.each([
    // tiny-diffusion was trained on 128 × 128.
    [1024, 1024, 1, 128, 128],
    [1024, 576, 1, 168, 96],
    [576, 1024, 1, 96, 168],
    [1024, 576, 4, 680, 384],
    // Never below half of the side, however narrow.
    [1000, 100, 1, 640, 64],
    [8192, 1, 1, 8192, 64],
    [1, 1, 0.01, 8, 8],
  ])('of %i×%i times %f is %i×%i', async (width, height, multiplier, ...expected) => {
    const { unet } = await drawing.load();
    const inputs = withDefaults(idealSizeNode, { width, height, multiplier, unet });
    expect(Object.values(await drawing.context.run(idealSizeNode, inputs))).toEqual(expected);
  });
});
