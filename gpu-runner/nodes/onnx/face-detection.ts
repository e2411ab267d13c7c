import { z } from 'zod';
import type { OnnxModel } from '../../models/onnx-model.ts';
import { floats } from '../../models/tensor.ts';
import { defineNode } from '../define-node.ts';
import { type BoundingBox, boundingBox, float, image, integer, listOf, model } from '../fields.ts';
import { place } from '../image/canvas.ts';
import { flatten } from '../image/channels.ts';
import { readRaster } from '../image/image-assets.ts';
import { newRaster, type Raster, toMode } from '../image/raster.ts';
import { resample } from '../image/resample.ts';
import { anchorCount, BlazeFaceConfig, blended, type Detection, decode, VALUES } from './blaze-face.ts';
import { listed } from './tensor-info.ts';

/** In a larger crowd the faces are too small for a network that looks at the whole picture at once. */
const FACES_MAX = 128;

export const faceDetectionNode = defineNode({
  type: 'face_detection',
  version: '1.0.0',
  title: 'Detect Faces',
  category: 'image',
  description: 'Finds faces in an image: a box for each, best first, and six points of it.',
  deterministic: true,
  inputs: {
    model: model({ description: 'The detector, of type onnx: a BlazeFace model, as its config.json says.' }),
    image: image({ description: 'The image to look at.' }),
    minimum_confidence: float({
      default: 0.75,
      minimum: 0,
      maximum: 1,
      description: 'The score that a face must have: lower finds more, and more that is none.',
      ui: { component: 'slider' },
    }),
    minimum_size: integer({
      default: 0,
      minimum: 0,
      maximum: 65_535,
      description: 'Pixels that both sides of its box must have.',
    }),
    maximum_faces: integer({
      default: FACES_MAX,
      minimum: 1,
      maximum: FACES_MAX,
      description: 'How many to return at most; the best ones.',
    }),
  },
  output_type: 'face_detection_output',
  outputs: {
    bounding_boxes: listOf(boundingBox({}), {
      description: 'The boxes with their scores, best first; equal ones from top to bottom, then left to right.',
    }),
    count: integer({ description: 'How many there are.' }),
    landmarks: listOf(float({}), {
      description:
        'Twelve numbers for each box in turn: x and y, in pixels, of the right eye, left eye, nose, mouth, right ear and left ear.',
    }),
  },
  invoke: async ({ model, image, minimum_confidence, minimum_size, maximum_faces }, context) => {
    const network = await context.models.onnx(model);
    const source = await readRaster(context, image);
    const pause = () => context.checkpoint();
    const { detections, toPixels } = await detect(network, source, minimum_confidence, pause);
    const faces = blended(detections)
      .map((detection) => faceOf(detection, toPixels, source))
      .filter(({ box }) => Math.min(box.x_max - box.x_min, box.y_max - box.y_min) >= Math.max(1, minimum_size))
      .sort(({ box: a }, { box: b }) => b.score - a.score || a.y_min - b.y_min || a.x_min - b.x_min)
      .slice(0, maximum_faces);
    return {
      bounding_boxes: faces.map(({ box }) => box),
      count: faces.length,
      landmarks: faces.flatMap(({ points }) => points),
    };
  },
});

type ToPixels = (part: number, axis: 0 | 1) => number;

async function detect(
  network: OnnxModel,
  source: Raster,
  least: number,
  pause: () => Promise<void>,
): Promise<{ detections: Detection[]; toPixels: ToPixels }> {
  const parsed = BlazeFaceConfig.safeParse(network.config);
  if (!parsed.success)
    throw new Error(
      `face_detection needs a BlazeFace model whose config.json says how it is built: ${z.prettifyError(parsed.error)}`,
    );
  const { size, layers } = parsed.data;
  const [input] = network.inputMetadata;
  if (!input || String(input.shape) !== String([1, size, size, 3]) || input.type !== 'float32')
    throw new Error(`the model takes ${listed(network.inputMetadata)}, and its config.json says size ${size}`);
  const { raster, left, top, scale } = await letterboxed(source, size, pause);
  const data = Float32Array.from(raster.data, (value) => value / 127.5 - 1);
  await pause();
  const names = layers.flatMap(({ scores, boxes }) => [scores, boxes]);
  const results = await network.run({ [input.name]: { type: 'float32', dims: [1, size, size, 3], data } }, names);
  const output = (name: string, length: number) => {
    const numbers = floats(results, { name, type: 'float32', shape: [] }).data;
    if (numbers.length === length) return numbers;
    throw new Error(`output '${name}' has ${numbers.length} numbers, and the model's config.json says ${length}`);
  };
  const detections = layers.flatMap((layer) => {
    const anchors = anchorCount(size, layer);
    return decode(size, layer, output(layer.scores, anchors), output(layer.boxes, anchors * VALUES), least);
  });
  return { detections, toPixels: (part, axis) => (part * size - (axis === 0 ? left : top)) / scale[axis] };
}

/** The whole image in the middle of a black square, as the network was trained. */
async function letterboxed(source: Raster, size: number, pause: () => Promise<void>) {
  const longest = Math.max(source.width, source.height);
  const side = (own: number) => Math.max(1, Math.round((own * size) / longest));
  const [width, height] = [side(source.width), side(source.height)];
  const small = await resample(toMode(flatten(source), 'RGB'), width, height, 'bilinear', pause);
  const raster = newRaster(size, size, 'RGB');
  const [left, top] = [Math.floor((size - width) / 2), Math.floor((size - height) / 2)];
  place(raster, small, left, top);
  return { raster, left, top, scale: [width / source.width, height / source.height] as const };
}

function faceOf({ score, values }: Detection, toPixels: ToPixels, { width, height }: Raster) {
  const side = (axis: 0 | 1, end: -1 | 1) => {
    const at = toPixels((values[axis] ?? 0) + (end * (values[axis + 2] ?? 0)) / 2, axis);
    return Math.min(axis === 0 ? width : height, Math.max(0, Math.round(at)));
  };
  const box = {
    x_min: side(0, -1),
    x_max: side(0, 1),
    y_min: side(1, -1),
    y_max: side(1, 1),
    score: Math.round(score * 10_000) / 10_000,
  } satisfies BoundingBox;
  const points = Array.from(
    values.slice(4),
    (part, at) => Math.round(toPixels(part, at % 2 === 0 ? 0 : 1) * 100) / 100,
  );
  return { box, points };
}
