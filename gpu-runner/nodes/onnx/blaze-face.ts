/**
 * What the outputs of BlazeFace mean (Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile
 * GPUs", 2019). The network looks at a square; over it lie grids of anchors, some in each cell, and each anchor gives a
 * score, a box, and six points of a face. All numbers here are parts of the square's side, from 0 to 1. @pure
 */
import { z } from 'zod';

const Layer = z.object({
  /** Pixels from one cell to the next. */
  stride: z.int().min(1),
  /** In each cell; all of them at its middle. */
  anchors: z.int().min(1),
  /** Names of the outputs. */
  scores: z.string(),
  boxes: z.string(),
});
export type Layer = z.infer<typeof Layer>;

/** What the config.json of a BlazeFace model says. */
export const BlazeFaceConfig = z.object({
  architecture: z.literal('blazeface'),
  /** Pixels of the square's sides. */
  size: z.int().min(32).max(2048),
  layers: z.array(Layer).min(1).max(8),
});

export interface Detection {
  score: number;
  /** Middle, width, height, then the points: right eye, left eye, nose, mouth, right ear, left ear (as the face has them). */
  values: Float64Array;
}

/** Numbers of one anchor: the box and six points. */
export const VALUES = 16;

export const anchorCount = (size: number, { stride, anchors }: Layer): number =>
  Math.ceil(size / stride) ** 2 * anchors;

/** The detections of one layer whose score is at least `least`. `boxes` has VALUES numbers for each of `scores`. */
export function decode(
  size: number,
  layer: Layer,
  scores: ArrayLike<number>,
  boxes: ArrayLike<number>,
  least: number,
): Detection[] {
  const cells = Math.ceil(size / layer.stride);
  const found: Detection[] = [];
  for (let i = 0; i < anchorCount(size, layer); i++) {
    const score = 1 / (1 + Math.exp(-(scores[i] ?? 0)));
    if (!(score >= least)) continue;
    const cell = Math.floor(i / layer.anchors);
    const anchor = [((cell % cells) + 0.5) / cells, (Math.floor(cell / cells) + 0.5) / cells] as const;
    // Positions count from the anchor; width and height, which stand third and fourth, do not.
    const values = Float64Array.from({ length: VALUES }, (_, at) => {
      const origin = at === 2 || at === 3 ? 0 : (anchor[at % 2] ?? 0);
      return (boxes[i * VALUES + at] ?? 0) / size + origin;
    });
    found.push({ score, values });
  }
  return found;
}

/** Boxes with more in common than this, of what both cover, are of one face. */
const OVERLAP = 0.3;

/**
 * Detections that are looked at, the best ones: each may be compared with each. The usual models have fewer anchors than
 * that; others have many, nearly all of which pass when the least score is 0.
 */
const CANDIDATES_MAX = 2048;

/**
 * One detection for each face, best first: the mean of those that overlap the best one, weighted by score, with the
 * best one's score. Anchors next to each other see the same face, and their mean is steadier than any of them.
 */
export function blended(detections: readonly Detection[]): Detection[] {
  let rest = detections.toSorted((a, b) => b.score - a.score).slice(0, CANDIDATES_MAX);
  const faces: Detection[] = [];
  for (let best = rest[0]; best !== undefined; best = rest[0]) {
    const top = best;
    const { same = [], others = [] } = Object.groupBy(rest, (each) =>
      each === top || overlap(each, top) > OVERLAP ? 'same' : 'others',
    );
    rest = others;
    const total = same.reduce((sum, { score }) => sum + score, 0);
    const values = top.values.map((_, at) =>
      same.reduce((sum, each) => sum + (each.values[at] ?? 0) * (each.score / total), 0),
    );
    faces.push({ score: top.score, values });
  }
  return faces;
}

function overlap({ values: a }: Detection, { values: b }: Detection): number {
  const along = (axis: 0 | 1) => {
    const [middleA = 0, sideA = 0, middleB = 0, sideB = 0] = [a[axis], a[axis + 2], b[axis], b[axis + 2]];
    const from = Math.max(middleA - sideA / 2, middleB - sideB / 2);
    return Math.max(0, Math.min(middleA + sideA / 2, middleB + sideB / 2) - from);
  };
  const area = (values: Float64Array) => (values[2] ?? 0) * (values[3] ?? 0);
  const common = along(0) * along(1);
  return common / (area(a) + area(b) - common);
}
