/** The diffusion nodes on a real model, one after the other, as a session runs them. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { node, type OnnxFile } from '../../../test/support/onnx-file.ts';
import { makeVariant, TINY_DIFFUSION } from '../../../test/support/onnx-fixtures.ts';
import { CanceledError } from '../node.ts';
import { testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { imageToLatentsNode } from './image-to-latents.ts';
import { Drawing } from './testing/drawing.ts';

const drawing = new Drawing();
const other = new Drawing({ intraOpNumThreads: 2 });
afterAll(() => Promise.all([drawing.release(), other.release()]));

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

describe.each(PROMPTS)('"$prompt"', ({ golden, prompt, centre, corner }) => {
  it('gives the golden image from the golden noise', async () => {
    const folder = `${TINY_DIFFUSION}/golden`;
    const data = new Float32Array(Uint8Array.from(readFileSync(`${folder}/${golden}.noise.f32`)).buffer);
    const result = await drawing.draw(prompt, { noise: { shape: [1, 4, 16, 16], data } });
    const { data: pixels } = await drawing.pixels(result);
    const expected = await sharp(`${folder}/${golden}.png`).raw().toBuffer();
    expect(Math.max(...pixels.map((value, i) => Math.abs(value - (expected[i] ?? 0))))).toBeLessThanOrEqual(1);
  });

  it('shows what the prompt says from noise of our own', async () => {
    const result = await drawing.draw(prompt, await drawing.noise(42));
    expect(result).toMatchObject({ width: 128, height: 128 });
    const pixels = await drawing.pixels(result);
    expect(pixels.distance(64, 64, ...centre)).toBeLessThanOrEqual(15);
    expect(pixels.distance(4, 4, ...corner)).toBeLessThanOrEqual(15);
    expect(pixels.distance(123, 123, ...corner)).toBeLessThanOrEqual(15);
  });

  it('gives the same bytes with another number of threads', async () => {
    const start = await drawing.noise(7);
    const [one, two] = [await drawing.draw(prompt, start), await other.draw(prompt, start)];
    expect(two.image.image_name).toBe(one.image.image_name);
  });
});

describe('while it denoises', () => {
  it('reports each step with a preview, and lets messages in before it', async () => {
    const on = new Drawing();
    await on.draw(PROMPTS[1].prompt, { ...(await drawing.noise(1)), steps: 4 });
    expect(on.context.updates.map(({ percentage }) => percentage)).toEqual([0.25, 0.5, 0.75, 1]);
    // Two prompts and the decoding look once each.
    expect(on.context.checkpoints).toBe(4 + 3);
    const preview = await on.context.updates[3]?.preview?.();
    expect(preview).toMatchObject({ width: 128, height: 128 });
    await on.release();
  });

  it('stops before the next step once canceled, and the model stays usable', async () => {
    const start = await drawing.noise(1);
    const on = new Drawing();
    on.context.progress = async () => {
      on.context.canceled = true;
    };
    await expect(on.draw('a red star on blue', start)).rejects.toThrow(CanceledError);
    on.context.canceled = false;
    on.context.progress = async () => {};
    expect(await on.draw('a red star on blue', start)).toMatchObject({ width: 128 });
    await on.release();
  });
});

const WHITE = { create: { width: 32, height: 32, channels: 3, background: '#fff' } } as const;

describe('guidance', () => {
  it('of 1 leaves the negative prompt out', async () => {
    const inputs = { ...(await drawing.noise(1)), cfg_scale: 1 };
    const prompt = 'a big red circle on white';
    const one = await drawing.draw(prompt, inputs);
    const two = await drawing.draw(prompt, { ...inputs, negative_conditioning: await drawing.encode('blue') });
    expect(two.image).toEqual(one.image);
  });

  it('that is strong keeps the spread of the prompt alone when it is rescaled', async () => {
    const { noise } = await drawing.noise(1);
    const spread = async (inputs: Record<string, unknown>) => {
      const { data } = await drawing.denoise('a big red circle on white', { noise, ...inputs });
      return Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
    };
    const [plain, strong] = [await spread({ cfg_scale: 1 }), await spread({ cfg_scale: 12 })];
    const rescaled = await spread({ cfg_scale: 12, cfg_rescale_multiplier: 0.7 });
    expect(Math.abs(rescaled - plain)).toBeLessThan(Math.abs(strong - plain));
  });
});

describe('from image to image', () => {
  it('encodes and decodes to about the same picture', async () => {
    const original = await drawing.draw(PROMPTS[0].prompt, await drawing.noise(3));
    const latents = await drawing.toLatents(original);
    expect(latents.shape).toEqual([1, 4, 16, 16]);
    const [a, b] = [await drawing.pixels(original), await drawing.pixels(await drawing.decode(latents))];
    const mean = a.data.reduce((sum, value, i) => sum + Math.abs(value - (b.data[i] ?? 0)), 0) / a.data.length;
    expect(mean).toBeLessThan(4);
  });

  it('brings the sides of a photo down to what the model represents', async () => {
    const { vae } = await drawing.load();
    const photo = sharp({ create: { width: 75, height: 70, channels: 4, background: '#f008' } });
    const inputs = withDefaults(imageToLatentsNode, { image: await drawing.store(photo), vae });
    expect(await drawing.context.run(imageToLatentsNode, inputs)).toMatchObject({ width: 72, height: 64 });
  });

  it('says so in the log when the encoder draws random numbers', async () => {
    const random = (file: OnnxFile) => {
      file.rename('outputs', 'latent_sample', 'mean');
      file.nodes.push(node('RandomNormalLike', ['mean'], ['drawn']), node('Add', ['mean', 'drawn'], ['latent_sample']));
    };
    const { folder, remove } = makeVariant({ parts: { vae_encoder: random } });
    const on = testContext({ tiny: folder });
    const said: string[] = [];
    on.log = (message) => said.push(message);
    const image = { image_name: await on.assets.write(await sharp(WHITE).png().toBuffer(), 'image/png') };
    const inputs = withDefaults(imageToLatentsNode, { image, vae: { key: 'tiny', submodel_type: 'vae' } });
    await on.run(imageToLatentsNode, inputs);
    expect(said).toEqual([expect.stringMatching(/encoder draws random numbers/)]);
    await on.registry.releaseAll();
    remove();
  });
});
