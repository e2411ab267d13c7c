/** Values of [batch, channels, height, width]: latents, or the pixels of an image. */
export interface Planes {
  readonly shape: readonly [number, number, number, number];
  readonly data: Float32Array;
}

/** A rectangle of every channel, which has to lie within. */
export function crop({ shape, data }: Planes, x: number, y: number, width: number, height: number): Planes {
  const [batch, channels, rows, columns] = shape;
  const result = new Float32Array(batch * channels * height * width);
  for (let line = 0; line < batch * channels * height; line++) {
    const start = (Math.floor(line / height) * rows + y + (line % height)) * columns + x;
    result.set(data.subarray(start, start + width), line * width);
  }
  return { shape: [batch, channels, height, width], data: result };
}
