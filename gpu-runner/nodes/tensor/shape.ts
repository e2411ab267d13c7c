/** Shapes, axes, and walks through tensors along them. @pure */

/** The axis as counted from 0; −1 is the last one. */
export function axisOf(axis: number, rank: number): number {
  const index = axis < 0 ? axis + rank : axis;
  if (index >= 0 && index < rank) return index;
  throw new RangeError(`there is no axis ${axis} in a tensor of ${rank} axes`);
}

/** Elements from one index of an axis to the next, in a dense tensor. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = new Array(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] ?? 1;
  }
  return strides;
}

/** NumPy's rule: shapes are aligned at their last axis, and an axis of size 1 is repeated. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const one = a[axis - rank + a.length] ?? 1;
    const other = b[axis - rank + b.length] ?? 1;
    if (one === other || other === 1) return one;
    if (one === 1) return other;
    throw new RangeError(
      `shapes [${a}] and [${b}] do not fit: axis ${axis - rank} has ${one} and ${other}, and neither is 1`,
    );
  });
}

/** Strides with which a dense tensor of shape `from` is read as one of the broadcast shape `to`. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const strides = stridesOf(from);
  const missing = to.length - from.length;
  return to.map((size, axis) => (size === (from[axis - missing] ?? 1) ? (strides[axis - missing] ?? 0) : 0));
}

/** How one of the tensors of a walk lies in its memory: where it begins, and elements to go for each axis. */
export interface Layout {
  start?: number;
  strides: readonly number[];
}

/** A run of elements: where each tensor's part begins, how far its elements are apart, and how many there are. */
export type Visit = (starts: readonly number[], steps: readonly number[], length: number) => void;

/** Elements between two pauses: a few milliseconds. */
export const PAUSE_ELEMENTS = 2 ** 21;

/**
 * Goes through several tensors of one shape in row-major order, one visit for each run that all of them have in equal
 * steps: axes that lie behind each other in every tensor are one. `pause` is awaited now and then, in a long run too.
 */
export async function walk(
  shape: readonly number[],
  layouts: readonly Layout[],
  visit: Visit,
  pause: () => Promise<void>,
): Promise<void> {
  if (shape.includes(0)) return;
  const { sizes, strides } = merged(
    shape,
    layouts.map((layout) => layout.strides),
  );
  const length = sizes.pop() ?? 1;
  const steps = strides.map((each) => each.pop() ?? 0);
  const starts = layouts.map(({ start = 0 }) => start);
  const counters = sizes.map(() => 0);
  for (let sincePause = 0; ; ) {
    for (let done = 0; done < length; ) {
      const part = Math.min(length - done, PAUSE_ELEMENTS - sincePause);
      visit(done === 0 ? starts : starts.map((start, which) => start + done * (steps[which] ?? 0)), steps, part);
      done += part;
      sincePause += part;
      if (sincePause < PAUSE_ELEMENTS) continue;
      sincePause = 0;
      await pause();
    }
    let axis = sizes.length - 1;
    for (; axis >= 0; axis--) {
      const index = (counters[axis] ?? 0) + 1;
      const size = sizes[axis] ?? 1;
      const isWithin = index < size;
      for (let which = 0; which < starts.length; which++) {
        const stride = strides[which]?.[axis] ?? 0;
        starts[which] = (starts[which] ?? 0) + (isWithin ? stride : -stride * (size - 1));
      }
      counters[axis] = isWithin ? index : 0;
      if (isWithin) break;
    }
    if (axis < 0) return;
  }
}

function merged(shape: readonly number[], strides: readonly (readonly number[])[]) {
  const sizes: number[] = [];
  const result: number[][] = strides.map(() => []);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1;
    if (size === 1) continue;
    const inner = sizes[0];
    const joins =
      inner !== undefined && strides.every((each, which) => each[axis] === (result[which]?.[0] ?? 0) * inner);
    if (joins) {
      sizes[0] = inner * size;
      continue;
    }
    sizes.unshift(size);
    for (const [which, each] of strides.entries()) result[which]?.unshift(each[axis] ?? 0);
  }
  return { sizes, strides: result };
}

/**
 * Calls `visit` for each line along an axis, in the order of the shape without it: where it begins, and which it is.
 * `pause` is awaited first, and now and then.
 */
export async function eachLine(
  shape: readonly number[],
  axis: number,
  visit: (start: number, line: number) => void,
  pause: () => Promise<void>,
): Promise<void> {
  const { outer, size, inner } = around(shape, axis);
  let sincePause = PAUSE_ELEMENTS;
  for (let line = 0; line < outer * inner; line++) {
    if (sincePause >= PAUSE_ELEMENTS) {
      sincePause = 0;
      await pause();
    }
    visit(Math.floor(line / inner) * size * inner + (line % inner), line);
    sincePause += Math.max(1, size);
  }
}

/** A shape seen from one axis: blocks before it, its size, and elements after it. */
export function around(shape: readonly number[], axis: number): { outer: number; size: number; inner: number } {
  const product = (part: readonly number[]) => part.reduce((all, size) => all * size, 1);
  return { outer: product(shape.slice(0, axis)), size: shape[axis] ?? 1, inner: product(shape.slice(axis + 1)) };
}
