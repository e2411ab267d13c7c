import { describe, expect, it } from 'vitest';
import type { Planes } from './crop.ts';
import { inTiles } from './tiles.ts';

const counted = (height: number, width: number): Planes => ({
  shape: [1, 2, height, width],
  data: Float32Array.from({ length: 2 * height * width }, (_, i) => i % 251),
});

/** Every pixel four times, as a decoder that sees no further than a pixel. */
const doubled = ({ shape: [batch, channels, height, width], data }: Planes): Planes => ({
  shape: [batch, channels, height * 2, width * 2],
  data: Float32Array.from({ length: batch * channels * height * width * 4 }, (_, i) => {
    const [line, x] = [Math.floor(i / (width * 2)), i % (width * 2)];
    return data[Math.floor(line / 2) * width + Math.floor(x / 2)] ?? 0;
  }),
});

/** The first pixel of each square of four. */
const halved = ({ shape: [batch, channels, height, width], data }: Planes): Planes => ({
  shape: [batch, channels, height / 2, width / 2],
  data: data.filter((_, i) => (i % width) % 2 === 0 && Math.floor(i / width) % 2 === 0),
});

const largest = (a: Planes, b: Planes) => Math.max(...a.data.map((value, i) => Math.abs(value - (b.data[i] ?? 0))));

describe('tiles', () => {
  it.each([
    [8, 8, 8],
    [9, 8, 8],
    [23, 31, 8],
    [3, 40, 8],
    [40, 5, 4],
    [16, 17, 16],
    [7, 6, 1],
  ])('of %i×%i pixels, %i a side, make up the whole, either way', async (height, width, tile) => {
    const source = counted(height, width);
    const large = await inTiles(source, { tile, from: 1, to: 2 }, async (part) => doubled(part));
    expect(large.shape).toEqual([1, 2, height * 2, width * 2]);
    expect(largest(large, doubled(source))).toBeLessThan(1e-4);
    const small = await inTiles(large, { tile, from: 2, to: 1 }, async (part) => halved(part));
    expect(small.shape).toEqual(source.shape);
    expect(largest(small, source)).toBeLessThan(1e-4);
  });

  it('are all of one size, overlap by a quarter, and go over into one another', async () => {
    const sizes: string[] = [];
    let value = 0;
    const source: Planes = { shape: [1, 1, 4, 14], data: new Float32Array(56) };
    const { data } = await inTiles(source, { tile: 8, from: 1, to: 1 }, async ({ shape }) => {
      sizes.push(String(shape));
      return { shape, data: new Float32Array(32).fill(value++) };
    });
    expect(sizes).toEqual(['1,1,4,8', '1,1,4,8']);
    expect([...data.subarray(0, 14)]).toEqual([0, 0, 0, 0, 0, 0, 0.25, 0.75, 1, 1, 1, 1, 1, 1]);
  });

  it('that come back in another size are refused', async () => {
    const run = inTiles(counted(16, 16), { tile: 8, from: 1, to: 8 }, async (part) => doubled(part));
    await expect(run).rejects.toThrow('a tile of 8×8 became one of 16×16');
  });
});
