import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BoundingBox } from '../fields.ts';
import { place, region } from '../image/canvas.ts';
import { decodeRaster, encodeRaster } from '../image/image-codec.ts';
import { filled, type Raster, toMode } from '../image/raster.ts';
import { resample } from '../image/resample.ts';
import { testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { faceDetectionNode } from './face-detection.ts';

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const photo = async (name: string) =>
  toMode(await decodeRaster(readFileSync(at(`test/support/photos/${name}`))), 'RGB');
const context = testContext({ faces: at('models/blazeface'), other: at('models/esrgan-slim-x2') });
const GRAY = { r: 128, g: 128, b: 128, a: 255 };

let astronaut: Raster;
beforeAll(async () => {
  astronaut = await photo('astronaut.png');
});
afterAll(() => context.registry.releaseAll());

interface Faces {
  bounding_boxes: BoundingBox[];
  count: number;
  landmarks: number[];
}

async function detect(raster: Raster, inputs: Record<string, unknown> = {}): Promise<Faces> {
  const image = { image_name: await context.assets.write(await encodeRaster(raster), 'image/png') };
  return context.run<Faces>(
    faceDetectionNode,
    withDefaults(faceDetectionNode, { model: { key: 'faces' }, image, ...inputs }),
  );
}

/** Of what two rectangles cover, the part that they have in common. */
function overlap(a: BoundingBox, b: BoundingBox): number {
  const along = (from: 'x_min' | 'y_min', to: 'x_max' | 'y_max') =>
    Math.max(0, Math.min(a[to], b[to]) - Math.max(a[from], b[from]));
  const area = (box: BoundingBox) => (box.x_max - box.x_min) * (box.y_max - box.y_min);
  const common = along('x_min', 'x_max') * along('y_min', 'y_max');
  return common / (area(a) + area(b) - common);
}

/** From the brows to the chin of the astronaut, seen by eye; the model's boxes are square. */
const FACE: BoundingBox = { x_min: 174, x_max: 276, y_min: 74, y_max: 180 };
const moved = (box: BoundingBox, x: number, y: number, by = 1): BoundingBox => ({
  x_min: box.x_min * by + x,
  x_max: box.x_max * by + x,
  y_min: box.y_min * by + y,
  y_max: box.y_max * by + y,
});

it('finds the face in a photo, and where its eyes, nose and mouth are', async () => {
  const { bounding_boxes, count, landmarks } = await detect(astronaut);
  expect([count, landmarks.length]).toEqual([1, 12]);
  const [box] = bounding_boxes;
  expect(overlap(box!, FACE)).toBeGreaterThan(0.8);
  expect(box?.score).toBeGreaterThan(0.8);
  // By eye, in the photo: right eye (the left one in the image), left eye, nose, mouth.
  const seen = [202, 101, 248, 103, 224, 129, 223, 149];
  for (const [i, value] of seen.entries()) expect(Math.abs(landmarks[i]! - value)).toBeLessThan(8);
});

it('finds none where there is none', async () => {
  const none = { bounding_boxes: [], count: 0, landmarks: [] };
  expect(await detect(await photo('coffee.jpg'))).toEqual(none);
  expect(await detect(region(astronaut, 0, 270, 512, 242))).toEqual(none);
  expect(await detect(filled(64, 64, 'RGB', GRAY))).toEqual(none);
});

it('finds two faces next to each other', async () => {
  const two = filled(1024, 512, 'RGB', GRAY);
  place(two, astronaut, 0, 0);
  place(two, astronaut, 512, 0);
  const { bounding_boxes, count } = await detect(two);
  expect(count).toBe(2);
  const [left, right] = bounding_boxes.toSorted((a, b) => a.x_min - b.x_min);
  expect(overlap(left!, FACE)).toBeGreaterThan(0.75);
  expect(overlap(right!, moved(FACE, 512, 0))).toBeGreaterThan(0.75);
  expect(bounding_boxes[0]!.score).toBeGreaterThanOrEqual(bounding_boxes[1]!.score!);
});

it.each([
  ['wide', 900, 512, 300, 0],
  ['high', 512, 1100, 0, 500],
])('the place of a face is that in the image, not in the square: %s', async (_, width, height, x, y) => {
  const canvas = filled(width, height, 'RGB', GRAY);
  place(canvas, astronaut, x, y);
  const { bounding_boxes, landmarks } = await detect(canvas);
  expect(bounding_boxes).toHaveLength(1);
  expect(overlap(bounding_boxes[0]!, moved(FACE, x, y))).toBeGreaterThan(0.75);
  expect(Math.abs(landmarks[4]! - (224 + x))).toBeLessThan(10);
  expect(Math.abs(landmarks[5]! - (129 + y))).toBeLessThan(10);
});

it('a box ends at the border of the image', async () => {
  const { bounding_boxes } = await detect(region(astronaut, 190, 60, 200, 200));
  expect(bounding_boxes).toHaveLength(1);
  expect(bounding_boxes[0]).toMatchObject({ x_min: 0 });
  expect(bounding_boxes[0]!.x_max).toBeLessThanOrEqual(200);
});

it('sizes, scores and numbers that are asked for', async () => {
  const two = filled(768, 512, 'RGB', GRAY);
  place(two, astronaut, 0, 0);
  place(two, await resample(astronaut, 256, 256, 'bicubic', async () => {}), 512, 0);
  expect(await detect(two)).toMatchObject({ count: 2 });
  const large = await detect(two, { minimum_size: 80 });
  expect(large).toMatchObject({ count: 1 });
  expect(large.bounding_boxes[0]!.x_max).toBeLessThan(300);
  const best = await detect(two, { maximum_faces: 1 });
  expect([best.count, best.landmarks.length]).toEqual([1, 12]);
  expect(await detect(two, { minimum_confidence: 0.99 })).toMatchObject({ count: 0 });
  const all = await detect(two, { minimum_confidence: 0 });
  expect(all.count).toBeGreaterThan(2);
  const scores = all.bounding_boxes.map(({ score }) => score!);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  expect(JSON.stringify(all).length).toBeLessThan(64 * 1024);
});

it('says that another model is none of faces', async () => {
  await expect(detect(astronaut, { model: { key: 'other' } })).rejects.toThrow(
    /needs a BlazeFace model whose config\.json says how it is built/,
  );
});
