/** Real images for tests of image nodes, a way to run a node on them, and what Pillow made of them. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Node } from '../../node.ts';
import { type TestContext, testContext } from '../../testing/context.ts';
import { withAlpha } from '../channels.ts';
import { decodeRaster, encodeRaster } from '../image-codec.ts';
import { newRaster, type Raster, toMode } from '../raster.ts';

export interface ImageReference {
  image_name: string;
}

export interface ImageOutput {
  image: ImageReference;
  width: number;
  height: number;
}

const PHOTOS = new URL('../../../../test/support/photos/', import.meta.url);
export const photoFile = (name: 'astronaut.png' | 'chelsea.png' | 'coffee.jpg'): Buffer =>
  readFileSync(new URL(name, PHOTOS));

interface Golden {
  mode: string;
  width: number;
  height: number;
  sha256: string;
}

/** Made by golden/pillow.py; its other entries are lists. */
export const PILLOW: Record<string, Golden> & {
  lab: { rgb: number[][]; lab: number[][] };
  ycbcr: number[][];
  'mean colours': Record<string, number[]>;
} = JSON.parse(readFileSync(new URL('../golden/pillow.json', import.meta.url), 'utf8'));

/** Every pixel of the result is the one that Pillow has. */
export function expectAsPillow(raster: Raster, name: string): void {
  expect(PILLOW[name], `golden/pillow.json has '${name}'`).toBeDefined();
  const { width, height, mode, data } = raster;
  const sha256 = createHash('sha256').update(data).digest('hex');
  expect({ mode, width, height, sha256 }, name).toEqual(PILLOW[name]);
}

export class Pictures {
  readonly context: TestContext = testContext();

  async store(source: Raster | Uint8Array): Promise<ImageReference> {
    const bytes = source instanceof Uint8Array ? source : await encodeRaster(source);
    return { image_name: await this.context.assets.write(bytes, 'image/png') };
  }

  bytes = ({ image_name }: ImageReference): Uint8Array => this.context.stored.get(image_name) ?? new Uint8Array();
  pixels = (image: ImageReference): Promise<Raster> => decodeRaster(this.bytes(image));

  astronaut = () => this.store(photoFile('astronaut.png'));
  chelsea = () => this.store(photoFile('chelsea.png'));
  coffee = () => this.store(photoFile('coffee.jpg'));
  gray = async () => this.store(toMode(await decodeRaster(photoFile('chelsea.png')), 'L'));
  /** Every alpha from 0 to 255, in stripes. */
  alpha = () => this.store(stripes(240, 160));
  veiled = async () => this.store(withAlpha(await decodeRaster(photoFile('chelsea.png')), stripes(240, 160)));

  /** With the defaults of the node's inputs, as the graph engine fills them in. */
  run<Output = ImageOutput>(node: Node, inputs: Record<string, unknown>): Promise<Output> {
    const defaults = Object.entries(node.definition.inputs).flatMap(([name, { schema }]) =>
      'default' in schema ? [[name, schema.default]] : [],
    );
    return this.context.run<Output>(node, { ...Object.fromEntries(defaults), ...inputs });
  }

  /** Runs a node that returns an image, and reads it; the sizes that it states are true. */
  async result(node: Node, inputs: Record<string, unknown>): Promise<Raster> {
    const { image, width, height } = await this.run(node, inputs);
    const raster = await this.pixels(image);
    expect({ width: raster.width, height: raster.height }).toEqual({ width, height });
    return raster;
  }
}

function stripes(width: number, height: number): Raster {
  const raster = newRaster(width, height, 'L');
  for (let i = 0; i < raster.data.length; i++) raster.data[i] = ((i % width) * 7 + Math.floor(i / width) * 13) % 256;
  return raster;
}

/** A small image, its pixels written out. */
export const picture = (mode: Raster['mode'], width: number, pixels: number[][]): Raster => {
  const raster = newRaster(width, pixels.length / width, mode);
  raster.data.set(pixels.flat());
  return raster;
};

export const pixelsOf = ({ data, width, height }: Raster): number[][] => {
  const step = data.length / (width * height);
  return Array.from({ length: width * height }, (_, i) => [...data.subarray(i * step, (i + 1) * step)]);
};
