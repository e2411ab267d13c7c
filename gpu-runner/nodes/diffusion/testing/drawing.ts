/** Drawing with tiny-diffusion, node by node as a session does it, and looking at what came out. */
import sharp, { type Sharp } from 'sharp';
import { TINY_DIFFUSION } from '../../../../test/support/onnx-fixtures.ts';
import type { Conditioning, Latents } from '../../../diffusion/latents.ts';
import type { SessionOptions } from '../../../models/onnx-model.ts';
import type { Submodel } from '../../fields.ts';
import { COLOURS, colourDistance } from '../../testing/colour.ts';
import { type TestContext, testContext } from '../../testing/context.ts';
import { withDefaults } from '../../testing/defaults.ts';
import { compelNode } from '../compel.ts';
import { denoiseLatentsNode } from '../denoise-latents.ts';
import { imageToLatentsNode } from '../image-to-latents.ts';
import { latentsToImageNode } from '../latents-to-image.ts';
import { mainModelLoaderNode } from '../main-model-loader.ts';
import { noiseNode } from '../noise.ts';

export interface ImageOutput {
  image: { image_name: string };
  width: number;
  height: number;
}

export interface LatentsOutput {
  latents: Latents;
  width: number;
  height: number;
}

type ColourName = keyof typeof COLOURS;

/** Of 10 levels from 4096, the σ of zero terminal SNR, Karras' spacing has only four where the picture takes shape. */
export const stepsOf = (scheduler: string): number => (scheduler.endsWith('_k') ? 20 : 10);

export class Drawing {
  readonly context: TestContext;

  constructor(options: SessionOptions = { intraOpNumThreads: 1 }) {
    this.context = testContext({ tiny: TINY_DIFFUSION }, options);
  }

  load(): Promise<Record<'unet' | 'clip' | 'vae', Submodel>> {
    return this.context.run(mainModelLoaderNode, { model: { key: 'tiny' } });
  }

  async encode(prompt: string): Promise<Conditioning> {
    const { clip } = await this.load();
    const inputs = withDefaults(compelNode, { prompt, clip });
    return (await this.context.run<{ conditioning: Conditioning }>(compelNode, inputs)).conditioning;
  }

  async noise(seed: number): Promise<{ noise: Latents }> {
    const inputs = withDefaults(noiseNode, { seed, width: 128, height: 128 });
    const { noise } = await this.context.run<{ noise: Latents }>(noiseNode, inputs);
    return { noise };
  }

  /** The latents of a prompt: 10 DDIM steps at guidance 3, unless `inputs` says otherwise. */
  async denoise(prompt: string, inputs: Record<string, unknown>): Promise<Latents> {
    const { unet } = await this.load();
    const all = withDefaults(denoiseLatentsNode, {
      positive_conditioning: await this.encode(prompt),
      negative_conditioning: await this.encode(''),
      steps: 10,
      cfg_scale: 3,
      scheduler: 'ddim',
      unet,
      ...inputs,
    });
    return (await this.context.run<LatentsOutput>(denoiseLatentsNode, all)).latents;
  }

  async decode(latents: Latents, options: Record<string, unknown> = {}): Promise<ImageOutput> {
    return this.context.run(
      latentsToImageNode,
      withDefaults(latentsToImageNode, { latents, vae: (await this.load()).vae, ...options }),
    );
  }

  async toLatents({ image }: Pick<ImageOutput, 'image'>, options: Record<string, unknown> = {}): Promise<Latents> {
    const { vae } = await this.load();
    return (
      await this.context.run<LatentsOutput>(
        imageToLatentsNode,
        withDefaults(imageToLatentsNode, { image, vae, ...options }),
      )
    ).latents;
  }

  async draw(prompt: string, inputs: Record<string, unknown>): Promise<ImageOutput> {
    return this.decode(await this.denoise(prompt, inputs));
  }

  /** Stores pixels of one's own. */
  async store(image: Sharp): Promise<{ image_name: string }> {
    return { image_name: await this.context.assets.write(await image.png().toBuffer(), 'image/png') };
  }

  async pixels({ image }: Pick<ImageOutput, 'image'>): Promise<Pixels> {
    const stored = sharp(this.context.stored.get(image.image_name));
    const { data, info } = await stored.raw().toBuffer({ resolveWithObject: true });
    return new Pixels(data, info.width, info.channels);
  }

  release(): Promise<void> {
    return this.context.registry.releaseAll();
  }
}

export class Pixels {
  readonly data: Uint8Array;
  readonly #width: number;
  readonly #channels: number;

  constructor(data: Uint8Array, width: number, channels: number) {
    this.data = data;
    this.#width = width;
    this.#channels = channels;
  }

  at(x: number, y: number): number[] {
    const start = (y * this.#width + x) * this.#channels;
    return [...this.data.subarray(start, start + this.#channels)];
  }

  /** ΔE of a pixel from the nearest of some colours. */
  distance(x: number, y: number, ...names: readonly ColourName[]): number {
    return Math.min(...names.map((name) => colourDistance(this.at(x, y), COLOURS[name])));
  }
}
