import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { fromHalf } from '../../diffusion/half.ts';
import { decodeRaster, encodeRaster } from '../image/image-codec.ts';
import type { Raster } from '../image/raster.ts';
import type { Tensor } from '../tensor-value.ts';
import { testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { numbersOf, tensorOf } from './element-type.ts';
import { imageToTensorNode } from './image-to-tensor.ts';
import { tensorToImageNode } from './tensor-to-image.ts';

const context = testContext();

/** Two pixels wide, one high: (10, 20, 30) and (200, 100, 0). */
const PAIR: Raster = { width: 2, height: 1, mode: 'RGB', data: Uint8Array.of(10, 20, 30, 200, 100, 0) };

async function store(raster: Raster) {
  return { image_name: await context.assets.write(await encodeRaster(raster), 'image/png') };
}

async function toTensor(raster: Raster, inputs: Record<string, unknown> = {}): Promise<Tensor> {
  const given = withDefaults(imageToTensorNode, { image: await store(raster), ...inputs });
  return (await context.run<{ tensor: Tensor }>(imageToTensorNode, given)).tensor;
}

async function toImage(tensor: Tensor, inputs: Record<string, unknown> = {}) {
  const given = withDefaults(tensorToImageNode, { tensor, ...inputs });
  const result = await context.run<{ image: { image_name: string }; width: number }>(tensorToImageNode, given);
  const raster = await decodeRaster(context.stored.get(result.image.image_name)!);
  return { ...result, raster: { ...raster, data: Uint8Array.from(raster.data) } };
}

it('channels first or last, in the order that a model wants', async () => {
  const raw = { scale: [1] };
  const first = await toTensor(PAIR, raw);
  expect(first).toMatchObject({ type: 'float32', shape: [1, 3, 1, 2] });
  expect([...first.data]).toEqual([10, 200, 20, 100, 30, 0]);
  const last = await toTensor(PAIR, { ...raw, layout: 'nhwc', channels: 'bgr' });
  expect([last.shape, [...last.data]]).toEqual([
    [1, 1, 2, 3],
    [30, 20, 10, 0, 100, 200],
  ]);
  const gray = await toTensor(PAIR, { ...raw, channels: 'gray', dtype: 'uint8' });
  expect([gray.shape, gray.data]).toEqual([[1, 1, 1, 2], Uint8Array.of(18, 118)]);
});

it('scale, offset, mean and std, one for all or one for each channel', async () => {
  const unit = await toTensor(PAIR);
  expect(unit.data[1]).toBe(Math.fround(200 / 255));
  const imagenet = await toTensor(PAIR, { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
  expect([...imagenet.data]).toEqual(
    [(10 / 255 - 0.485) / 0.229, (200 / 255 - 0.485) / 0.229, (20 / 255 - 0.456) / 0.224]
      .concat([(100 / 255 - 0.456) / 0.224, (30 / 255 - 0.406) / 0.225, -0.406 / 0.225])
      .map(Math.fround),
  );
  const signed = await toTensor(PAIR, { scale: [2 / 255], offset: [-1], dtype: 'float16' });
  expect(fromHalf(signed.data as Uint16Array)[5]).toBe(-1);
  const bytes = await toTensor(PAIR, { scale: [2], offset: [-50], dtype: 'uint8' });
  expect([...bytes.data]).toEqual([0, 255, 0, 150, 10, 0]);
  await expect(toTensor(PAIR, { std: [1, 0, 1] })).rejects.toThrow('std has a 0');
  await expect(toTensor(PAIR, { mean: [0, 0] })).rejects.toThrow(
    'mean has 2 numbers; give one, or one for each of the 3 channels',
  );
});

it('alpha is a channel, or shows white', async () => {
  const half: Raster = { width: 1, height: 1, mode: 'RGBA', data: Uint8Array.of(100, 0, 0, 51) };
  expect((await toTensor(half, { channels: 'rgba', dtype: 'uint8' })).data).toEqual(Uint8Array.of(100, 0, 0, 51));
  expect((await toTensor(half, { dtype: 'uint8' })).data).toEqual(Uint8Array.of(224, 204, 204));
});

it('an image is brought to a size, or to one side of it', async () => {
  const photo = readFileSync(new URL('../../../test/support/photos/astronaut.png', import.meta.url));
  const image = { image_name: await context.assets.write(photo, 'image/png') };
  const size = async (inputs: object) => {
    const given = withDefaults(imageToTensorNode, { image, dtype: 'uint8', layout: 'nhwc', ...inputs });
    return (await context.run<{ tensor: Tensor }>(imageToTensorNode, given)).tensor;
  };
  expect((await size({ width: 100, height: 50 })).shape).toEqual([1, 50, 100, 3]);
  expect((await size({ height: 128 })).shape).toEqual([1, 128, 128, 3]);
  const small = await size({ width: 64, resample_mode: 'box' });
  // Each pixel is the mean of 8 × 8 of the photo.
  const { data } = await sharp(photo)
    .removeAlpha()
    .extract({ left: 8, top: 16, width: 8, height: 8 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const mean = data.reduce((sum, value, i) => (i % 3 === 0 ? sum + value : sum), 0) / 64;
  expect(Math.abs(Number(small.data[(2 * 64 + 1) * 3]) - mean)).toBeLessThanOrEqual(1);
});

it.each(['nchw', 'nhwc'])('an image survives the way to a tensor and back (%s)', async (layout) => {
  for (const [channels, mode] of [
    ['rgb', 'RGB'],
    ['bgr', 'RGB'],
    ['gray', 'L'],
    ['rgba', 'RGBA'],
  ] as const) {
    const count = { L: 1, RGB: 3, RGBA: 4 }[mode];
    const raster: Raster = {
      width: 5,
      height: 3,
      mode,
      data: Uint8Array.from({ length: 15 * count }, (_, i) => (i * 37) % 256),
    };
    for (const dtype of ['float32', 'float16', 'uint8']) {
      const tensor = await toTensor(raster, { layout, channels, dtype });
      const back = await toImage(tensor, { layout, channels: channels === 'bgr' ? 'bgr' : 'rgb' });
      expect(back).toMatchObject({ width: 5, height: 3, raster });
    }
  }
});

it('what is out of range is clamped, or refused', async () => {
  const tensor = tensorOf('float32', [1, 5], Float32Array.of(-1, 0.5, 2, Number.NaN, 1));
  const { raster } = await toImage(tensor);
  expect(raster).toMatchObject({ mode: 'L', width: 5, data: Uint8Array.of(0, 128, 255, 0, 255) });
  await expect(toImage(tensor, { clamp: false })).rejects.toThrow('a pixel would be -255');
  const signed = await toImage(tensor, { scale: [127.5], offset: [127.5] });
  expect([...signed.raster.data.slice(0, 3)]).toEqual([0, 191, 255]);
});

it('any image of a batch, and no tensor that is none', async () => {
  const batch = tensorOf('uint8', [2, 3, 1, 1], Uint8Array.of(1, 2, 3, 4, 5, 6));
  expect((await toImage(batch, { index: 1 })).raster.data).toEqual(Uint8Array.of(4, 5, 6));
  await expect(toImage(batch, { index: 2 })).rejects.toThrow('no image 2 in a batch of 2');
  await expect(toImage(tensorOf('uint8', [2, 1, 1], new Uint8Array(2)))).rejects.toThrow(
    'a tensor of shape [2,1,1] is no image as nchw: that has 1, 3 or 4 channels and two to four axes',
  );
  await expect(toImage(tensorOf('uint8', [3, 0, 1], new Uint8Array()))).rejects.toThrow(/1 × 0/);
  expect(numbersOf(batch)).toHaveLength(6);
});
