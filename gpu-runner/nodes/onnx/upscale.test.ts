import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DATA_TYPES, floatTensor, node, OnnxFile } from '../../../test/support/onnx-file.ts';
import { toHalf } from '../../diffusion/half.ts';
import { region } from '../image/canvas.ts';
import { decodeRaster, encodeRaster } from '../image/image-codec.ts';
import { type Raster, toMode } from '../image/raster.ts';
import { resample } from '../image/resample.ts';
import { type TestContext, testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { upscaleNode } from './upscale.ts';

const PHOTO = new URL('../../../test/support/photos/astronaut.png', import.meta.url);
const MODEL = fileURLToPath(new URL('../../../models/esrgan-slim-x2', import.meta.url));
const UINT8 = 2;

let folder: string;
let context: TestContext;

interface Form {
  type?: number;
  layout?: 'nchw' | 'nhwc';
  sides?: (number | string)[];
  scale?: number;
  white?: number;
  config?: object;
}

/** Twice as large, every pixel four times, and negative: white less the image. So layout, range and order all show. */
function write(
  name: string,
  { type = DATA_TYPES.float, layout = 'nchw', sides = ['h', 'w'], scale = 2, white = 1, config }: Form,
) {
  const file = OnnxFile.empty();
  const shape = (a: string | number, b: string | number) => (layout === 'nchw' ? [1, 3, a, b] : [1, a, b, 3]);
  file.inputs = [{ name: 'image', type, dims: shape(sides[0]!, sides[1]!) }];
  file.outputs = [{ name: 'large', type, dims: shape('H', 'W') }];
  const scales = layout === 'nchw' ? [1, 1, scale, scale] : [1, scale, scale, 1];
  const raw = { [DATA_TYPES.float16]: toHalf(Float32Array.of(white)), [UINT8]: Uint8Array.of(white) }[type];
  const bytes = raw ?? Float32Array.of(white);
  file.initializers = [
    floatTensor('scales', [4], Float32Array.from(scales)),
    { name: 'white', type, dims: [], raw: new Uint8Array(bytes.buffer) },
  ];
  file.nodes = [node('Sub', ['white', 'image'], ['negative']), node('Resize', ['negative', '', 'scales'], ['large'])];
  mkdirSync(join(folder, name));
  file.write(join(folder, name, 'model.onnx'));
  if (config) writeFileSync(join(folder, name, 'config.json'), JSON.stringify(config));
}

const FORMS: Record<string, Form> = {
  first: {},
  last: { layout: 'nhwc' },
  bytes: { white: 255, config: { range: 255 } },
  halves: { type: DATA_TYPES.float16 },
  uint8: { type: UINT8, layout: 'nhwc', white: 255 },
  fixed: { sides: [8, 8] },
  multiples: { layout: 'nhwc', config: { multiple_of: 4, scale: 2 } },
  thrice: { scale: 3 },
  declared: { config: { scale: 4 } },
  wrong: { config: { range: 2 } },
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-upscale-'));
  for (const [name, form] of Object.entries(FORMS)) write(name, form);
  const keys = Object.keys(FORMS).map((key) => [key, join(folder, key)]);
  context = testContext({ ...Object.fromEntries(keys), x2: MODEL });
});
afterAll(async () => {
  await context.registry.releaseAll();
  rmSync(folder, { recursive: true });
});

const pattern = (width: number, height: number, mode: Raster['mode'] = 'RGB'): Raster => {
  const channels = { L: 1, RGB: 3, RGBA: 4 }[mode];
  return {
    width,
    height,
    mode,
    data: Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 89) % 256),
  };
};

async function upscale(key: string, raster: Raster, inputs: Record<string, unknown> = {}): Promise<Raster> {
  const image = { image_name: await context.assets.write(await encodeRaster(raster), 'image/png') };
  const given = withDefaults(upscaleNode, { model: { key }, image, ...inputs });
  const result = await context.run<{ image: { image_name: string }; width: number; height: number }>(
    upscaleNode,
    given,
  );
  const made = await decodeRaster(context.stored.get(result.image.image_name)!);
  expect(result).toMatchObject({ width: made.width, height: made.height });
  return { ...made, data: Uint8Array.from(made.data) };
}

function negative({ width, height, data }: Raster, scale: number): Raster {
  const result = { width: width * scale, height: height * scale, mode: 'RGB' as const };
  const at = (i: number) => {
    const [x, y] = [Math.floor(i / 3) % result.width, Math.floor(i / 3 / result.width)];
    return 255 - data[(Math.floor(y / scale) * width + Math.floor(x / scale)) * 3 + (i % 3)]!;
  };
  return { ...result, data: Uint8Array.from({ length: result.width * result.height * 3 }, (_, i) => at(i)) };
}

it.each(['first', 'last', 'bytes', 'halves', 'uint8', 'fixed', 'multiples', 'thrice'])(
  'a model of another form does the same, whole and in tiles: %s',
  async (key) => {
    const source = pattern(21, 13);
    const expected = negative(source, key === 'thrice' ? 3 : 2);
    for (const [tile_size, tile_overlap] of [
      [0, 0],
      [8, 2],
      [10, 5],
      [5, 0],
      [400, 32],
      [3, 1000],
    ]) {
      const made = await upscale(key, source, { tile_size, tile_overlap });
      expect([tile_size, made]).toEqual([tile_size, expected]);
    }
  },
);

it('gray becomes colour, and alpha is enlarged without the model', async () => {
  const gray = pattern(4, 4, 'L');
  expect(await upscale('first', gray)).toEqual(negative(toMode(gray, 'RGB'), 2));
  const glass = pattern(6, 5, 'RGBA');
  const made = await upscale('first', glass);
  expect(toMode(made, 'RGB')).toEqual(negative(toMode(glass, 'RGB'), 2));
  const alpha = { ...glass, mode: 'L' as const, data: glass.data.filter((_, i) => i % 4 === 3) };
  const expected = await resample(alpha, 12, 10, 'bicubic', async () => {});
  expect(made.data.filter((_, i) => i % 4 === 3)).toEqual(expected.data);
});

it('says what is wrong with a model', async () => {
  const other = testContext({ pair: join(folder, 'pair'), gray: join(folder, 'gray'), same: join(folder, 'same') });
  const broken = (key: string, change: (file: OnnxFile) => void) => {
    const file = OnnxFile.read(join(folder, 'first', 'model.onnx'));
    change(file);
    mkdirSync(join(folder, key));
    file.write(join(folder, key, 'model.onnx'));
  };
  broken('pair', (file) => {
    file.inputs.push({ name: 'noise', type: DATA_TYPES.float, dims: [1] });
  });
  broken('gray', (file) => {
    file.inputs[0] = { name: 'image', type: DATA_TYPES.float, dims: [1, 1, 'h', 'w'] };
  });
  broken('same', (file) => {
    file.initializers[0] = floatTensor('scales', [4], Float32Array.of(1, 1, 2, 1));
  });
  const image = { image_name: await other.assets.write(await encodeRaster(pattern(8, 8)), 'image/png') };
  const run = (key: string) => other.run(upscaleNode, withDefaults(upscaleNode, { model: { key }, image }));
  await expect(run('pair')).rejects.toThrow(/one input, an image; this one takes image: .*, noise: float32\[1\]/);
  await expect(run('gray')).rejects.toThrow(/RGB images, and this one takes image: float32\[1, 1, h, w\]/);
  await expect(run('same')).rejects.toThrow('the model made [1, 3, 32, 16] of 16 × 16 pixels');
  await other.registry.releaseAll();
  await expect(upscale('declared', pattern(8, 8))).rejects.toThrow('enlarges by 2, and its config.json says 4');
  await expect(upscale('wrong', pattern(8, 8))).rejects.toThrow(/config\.json is wrong: .*range/s);
});

it('no tile has more than a million pixels, whatever is asked for', async () => {
  expect(upscaleNode.definition.inputs.tile_size?.schema).toMatchObject({ minimum: 0, maximum: 1024 });
  const tiles = async (source: Raster) => {
    context.updates.length = 0;
    expect(await upscale('first', source, { tile_size: 0 })).toEqual(negative(source, 2));
    return context.updates.length;
  };
  expect(await tiles(pattern(1000, 3))).toBe(1);
  expect(await tiles(pattern(3, 1100))).toBe(2);
});

it('says how large the tile was that a model failed on, and what makes it smaller', async () => {
  const other = testContext({ unlike: join(folder, 'unlike') });
  const file = OnnxFile.read(join(folder, 'first', 'model.onnx'));
  // Seven columns are taken from none but seven.
  file.initializers.push(floatTensor('columns', [7], new Float32Array(7)));
  file.nodes[0] = node('Sub', ['columns', 'image'], ['negative']);
  mkdirSync(join(folder, 'unlike'));
  file.write(join(folder, 'unlike', 'model.onnx'));
  const image = { image_name: await other.assets.write(await encodeRaster(pattern(8, 8)), 'image/png') };
  await expect(other.run(upscaleNode, withDefaults(upscaleNode, { model: { key: 'unlike' }, image }))).rejects.toThrow(
    /failed on a tile of 16 × 16 \(a smaller tile_size needs less memory\): ./,
  );
  await other.registry.releaseAll();
});

it('a result that would be too large is refused', async () => {
  await expect(upscale('multiples', pattern(8192, 2049, 'L'))).rejects.toThrow('would be 16384 × 4098');
});

it('tells how far it is, and stops between tiles when it is canceled', async () => {
  const other = testContext({ first: join(folder, 'first') });
  const image = { image_name: await other.assets.write(await encodeRaster(pattern(64, 64)), 'image/png') };
  const given = withDefaults(upscaleNode, { model: { key: 'first' }, image, tile_size: 32, tile_overlap: 0 });
  await other.run(upscaleNode, given);
  expect(other.updates.map(({ percentage }) => percentage)).toEqual([0, 0.25, 0.5, 0.75]);
  other.updates.length = 0;
  const { progress } = other;
  other.progress = async (update) => {
    await progress(update);
    other.canceled = true;
  };
  await expect(other.run(upscaleNode, given)).rejects.toThrow('canceled');
  expect(other.updates).toHaveLength(1);
  await other.registry.releaseAll();
});

it('the bundled model draws what the package that it was converted from draws', async () => {
  const read = async (name: string) => decodeRaster(readFileSync(join(MODEL, 'golden', name)));
  const made = await upscale('x2', await read('input.png'), { tile_size: 0 });
  // Cut out of a larger image: the outermost 10 pixels depend on what is beyond them.
  const inside = (raster: Raster) => region(raster, 20, 20, 40, 40);
  expect(greatestDifference(inside(made), inside(await read('output.png')))).toBeLessThanOrEqual(1);
});

it('the bundled model is true to a photo, and its tiles have no seams', async () => {
  const photo = toMode(await decodeRaster(readFileSync(PHOTO)), 'RGB');
  const original = region(photo, 130, 30, 192, 192);
  const small = await resample(original, 96, 96, 'bicubic', async () => {});
  const whole = await upscale('x2', small, { tile_size: 0 });
  expect(decibels(original, whole)).toBeGreaterThan(30);

  // Its pixels see 10 to each side; an overlap of 32 leaves 8 out.
  const tiled = await upscale('x2', small, { tile_size: 64, tile_overlap: 32 });
  expect(greatestDifference(whole, tiled)).toBeLessThanOrEqual(1);
  const seams = await upscale('x2', small, { tile_size: 44, tile_overlap: 0 });
  expect(greatestDifference(whole, seams)).toBeGreaterThan(10);
});

it('the rim of an image is no darker than the rest', async () => {
  const gray = { width: 20, height: 20, mode: 'RGB' as const, data: new Uint8Array(1200).fill(200) };
  for (const tile_size of [0, 16]) {
    const { data } = await upscale('x2', gray, { tile_size, tile_overlap: 8 });
    expect(data.every((value) => Math.abs(value - 200) <= 2)).toBe(true);
  }
});

/** Peak signal-to-noise ratio. */
function decibels(a: Raster, b: Raster): number {
  const squares = a.data.reduce((sum, value, i) => sum + (value - b.data[i]!) ** 2, 0);
  return 10 * Math.log10(255 ** 2 / (squares / a.data.length));
}

const greatestDifference = (a: Raster, b: Raster): number =>
  a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i]!)), 0);
