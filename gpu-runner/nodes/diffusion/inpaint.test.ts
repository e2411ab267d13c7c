/** Denoising a part of an image, on a real model. */
import sharp, { type Sharp } from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import type { DenoiseMask, Latents } from '../../diffusion/latents.ts';
import { SCHEDULER_NAMES } from '../../diffusion/schedulers.ts';
import { COLOURS, colourDistance } from '../testing/colour.ts';
import { withDefaults } from '../testing/defaults.ts';
import { createDenoiseMaskNode } from './create-denoise-mask.ts';
import { Drawing, stepsOf } from './testing/drawing.ts';

const drawing = new Drawing();
afterAll(() => drawing.release());

async function maskOf(image: Sharp): Promise<DenoiseMask> {
  const inputs = withDefaults(createDenoiseMaskNode, { mask: await drawing.store(image) });
  return (await drawing.context.run<{ denoise_mask: DenoiseMask }>(createDenoiseMaskNode, inputs)).denoise_mask;
}

const plain = (background: string, width = 128, height = 128) =>
  sharp({ create: { width, height, channels: 3, background } });

/** White, so kept, on the left. */
const leftKept = (background = '#000') =>
  plain(background).composite([
    { input: { create: { width: 64, height: 128, channels: 3, background: '#fff' } }, left: 0, top: 0 },
  ]);

/** The left half of what VAE and U-Net see as latents, as they blur over the edge. */
const SIDE = 16;
const half = ({ data }: Latents) => [...data].filter((_, i) => i % SIDE < SIDE / 2);

describe('create_denoise_mask', () => {
  it('reads grey values as Pillow does, of colours too', async () => {
    const image = sharp(Buffer.from([255, 255, 255, 0, 0, 0, 255, 0, 0, 10, 200, 30]), {
      raw: { width: 4, height: 1, channels: 3 },
    });
    const { shape, data } = await maskOf(image);
    expect(shape).toEqual([1, 1, 1, 4]);
    // 0.299 · 255 = 76.2; 0.299 · 10 + 0.587 · 200 + 0.114 · 30 = 123.8.
    expect([...data]).toEqual([255, 0, 76, 124]);
  });

  it('keeps what is transparent', async () => {
    const image = sharp({ create: { width: 8, height: 8, channels: 4, background: '#0000' } });
    expect([...(await maskOf(image)).data]).toEqual(new Array(64).fill(255));
  });
});

describe.each(SCHEDULER_NAMES)('a red star, its right half drawn anew as a green square by %s', (scheduler) => {
  it('keeps the left half and shows the new colour on the right', async () => {
    const original = await drawing.draw('a big red star on white', await drawing.noise(1));
    const latents = await drawing.toLatents(original);
    const result = await drawing.denoise('a big green square on white', {
      ...(await drawing.noise(2)),
      latents,
      denoise_mask: await maskOf(leftKept()),
      scheduler,
      steps: stepsOf(scheduler),
    });
    expect(half(result)).toEqual(half(latents));
    const [before, after] = [await drawing.pixels(original), await drawing.pixels(await drawing.decode(result))];
    for (const y of [4, 40, 64, 90, 123]) {
      for (const x of [2, 20, 40]) {
        after.at(x, y).forEach((value, channel) => {
          expect(Math.abs(value - before.at(x, y)[channel]!)).toBeLessThanOrEqual(12);
        });
      }
    }
    expect(before.distance(80, 64, 'red')).toBeLessThanOrEqual(15);
    expect(after.distance(50, 60, 'red')).toBeLessThanOrEqual(15);
    expect(after.distance(80, 64, 'green')).toBeLessThanOrEqual(15);
    expect(after.distance(90, 64, 'green')).toBeLessThanOrEqual(15);
    expect(after.distance(123, 4, 'white')).toBeLessThanOrEqual(15);
  });
});

describe('a denoise mask', () => {
  it('that is all white gives the image back, one that is all black a new one', async () => {
    const { noise } = await drawing.noise(3);
    const latents = await drawing.toLatents(await drawing.draw('a big red star on white', { noise }));
    const prompt = 'a big green square on yellow';
    const white = await drawing.denoise(prompt, { noise, latents, denoise_mask: await maskOf(plain('#fff')) });
    expect(white.data).toEqual(latents.data);
    const black = await drawing.denoise(prompt, { noise, latents, denoise_mask: await maskOf(plain('#000')) });
    expect(black.data).toEqual((await drawing.denoise(prompt, { noise, latents })).data);
  });

  it('may have another size than the image', async () => {
    const { noise } = await drawing.noise(3);
    const latents = await drawing.toLatents(await drawing.draw('a big red star on white', { noise }));
    const large = await leftKept().png().toBuffer();
    const results: number[][] = [];
    for (const size of [32, 128, 400]) {
      const denoise_mask = await maskOf(sharp(large).resize(size, size, { kernel: 'nearest' }));
      const result = await drawing.denoise('a red star on blue', { noise, latents, denoise_mask });
      expect(half(result)).toEqual(half(latents));
      results.push([...result.data]);
    }
    expect(results[0]).toEqual(results[1]);
    expect(results[2]).toEqual(results[1]);
  });

  it('shows the kept part in previews, and says what it needs', async () => {
    const { noise } = await drawing.noise(3);
    const latents = await drawing.toLatents(await drawing.draw('a big red star on white', { noise }));
    const denoise_mask = await maskOf(leftKept());
    drawing.context.updates.length = 0;
    await drawing.denoise('a big red star on plain blue', { noise, latents, denoise_mask });
    const preview = await drawing.context.updates[0]?.preview?.();
    expect(preview).toMatchObject({ width: 128, height: 128 });
    expect(colourDistance([...preview!.rgb.subarray(0, 3)], COLOURS.white)).toBeLessThanOrEqual(20);
    await expect(drawing.denoise('a', { noise, denoise_mask })).rejects.toThrow(/connect latents/);
    await expect(drawing.denoise('a', { latents, denoise_mask })).rejects.toThrow(/connect noise/);
  });
});
