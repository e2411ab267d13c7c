import { expect, it } from 'vitest';
import { anchorCount, blended, type Detection, decode, type Layer, VALUES } from './blaze-face.ts';

const LAYER: Layer = { stride: 16, anchors: 2, scores: 's', boxes: 'b' };

/** The score whose sigmoid is `p`. */
const logit = (p: number): number => Math.log(p / (1 - p));

it('a box counts from the middle of its cell, in pixels; its size does not', () => {
  const count = anchorCount(64, LAYER);
  expect(count).toBe(4 * 4 * 2);
  const scores = new Float32Array(count).fill(-100);
  const boxes = new Float32Array(count * VALUES);
  // The second anchor of the third cell of the second row.
  const anchor = (1 * 4 + 2) * 2 + 1;
  scores[anchor] = logit(0.9);
  boxes.set([8, -8, 32, 16, 16, 0], anchor * VALUES);
  const [found, ...others] = decode(64, LAYER, scores, boxes, 0.5);
  expect(others).toEqual([]);
  expect(found?.score).toBeCloseTo(0.9, 6);
  const middle = [2.5 / 4, 1.5 / 4] as const;
  expect([...(found?.values.slice(0, 8) ?? [])]).toEqual([
    ...[middle[0] + 8 / 64, middle[1] - 8 / 64, 32 / 64, 16 / 64],
    ...[middle[0] + 16 / 64, middle[1], middle[0], middle[1]],
  ]);
});

it('a score that is no number finds nothing', () => {
  const count = anchorCount(32, LAYER);
  expect(decode(32, LAYER, new Float32Array(count).fill(Number.NaN), new Float32Array(count * VALUES), 0)).toEqual([]);
});

const at = (score: number, x: number, side = 0.2): Detection => ({
  score,
  values: Float64Array.from({ length: VALUES }, (_, i) => [x, 0.5, side, side][i] ?? x),
});

it('detections that overlap become one, weighted by score, with the best score', () => {
  const faces = blended([at(0.6, 0.32), at(0.9, 0.3), at(0.8, 0.7)]);
  expect(faces.map(({ score }) => score)).toEqual([0.9, 0.8]);
  expect(faces[0]?.values[0]).toBeCloseTo((0.6 * 0.32 + 0.9 * 0.3) / 1.5, 12);
  expect(faces[0]?.values[15]).toBeCloseTo((0.6 * 0.32 + 0.9 * 0.3) / 1.5, 12);
  expect(faces[1]?.values[0]).toBeCloseTo(0.7, 12);
});

it('those that only touch stay apart', () => {
  // A third of both boxes' sides in common: 1 of 5 parts of what they cover.
  expect(blended([at(0.9, 0.3, 0.3), at(0.8, 0.5, 0.3)])).toHaveLength(2);
  // Two thirds: 1 of 2 parts.
  expect(blended([at(0.9, 0.3, 0.3), at(0.8, 0.4, 0.3)])).toHaveLength(1);
  expect(blended([])).toEqual([]);
  expect(blended([at(0.9, 0.3, 0), at(0.8, 0.3, 0)])).toHaveLength(2);
});

it('of very many only the best are looked at, so that a minimum of 0 takes no longer than a moment', () => {
  const detections = Array.from({ length: 20_000 }, (_, i) => at(((i * 7919) % 20_000) / 20_000, i, 0.5));
  const faces = blended(detections);
  expect(faces).toHaveLength(2048);
  expect(faces.map(({ score }) => score)).toEqual(Array.from({ length: 2048 }, (_, i) => (19_999 - i) / 20_000));
});
