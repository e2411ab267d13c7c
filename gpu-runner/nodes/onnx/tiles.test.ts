import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tilesOf, weightsOf } from './tiles.ts';

/** A side, the length of a tile, and an overlap of at most half of it. */
const cuts = fc
  .tuple(
    fc.integer({ min: 1, max: 700 }),
    fc.integer({ min: 1, max: 200 }),
    fc.double({ min: 0, max: 0.5, noNaN: true }),
  )
  .map(([side, length, part]) => ({ side, length, overlap: Math.floor(length * part) }));
const borders = fc.integer({ min: 0, max: 9 });

it('tiles cover the side, stay on it, and overlap as much as is asked for', () =>
  fc.assert(
    fc.property(cuts, borders, ({ side, length, overlap }, border) => {
      const tiles = tilesOf(side, length, overlap, border);
      expect(tiles[0]?.start).toBe(0 - border);
      expect((tiles.at(-1)?.start ?? 0) + (tiles.at(-1)?.length ?? 0)).toBe(side + border);
      for (const [i, tile] of tiles.slice(1).entries())
        expect((tiles[i]?.start ?? 0) + length - tile.start).toBeGreaterThanOrEqual(overlap);
      expect(tiles.every((tile) => tile.length === Math.min(side + 2 * border, length))).toBe(true);
    }),
  ));

it('their weights sum to 1 everywhere, and count nothing in the outer quarter of an overlap', () =>
  fc.assert(
    fc.property(cuts, borders, fc.integer({ min: 1, max: 4 }), ({ side, length, overlap }, border, scale) => {
      const sums = new Float64Array((side + 2 * border) * scale);
      for (const tile of tilesOf(side, length, overlap, border)) {
        const weights = weightsOf(tile, scale);
        for (const [i, weight] of weights.entries()) {
          expect(weight).toBeGreaterThanOrEqual(0);
          const at = (tile.start + border) * scale + i;
          sums[at] = (sums[at] ?? 0) + weight;
        }
        const margin = Math.floor((overlap * scale) / 4);
        if (tile.start > -border) expect(Math.max(0, ...weights.slice(0, margin))).toBe(0);
        if (tile.start + tile.length < side + border && margin > 0)
          expect(Math.max(0, ...weights.slice(-margin))).toBe(0);
      }
      for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
    }),
  ));

it('a side that is no longer than a tile is one', () => {
  expect(tilesOf(100, 100, 32, 0)).toHaveLength(1);
  expect(tilesOf(101, 100, 32, 0).map(({ start }) => start)).toEqual([0, 1]);
  expect(tilesOf(300, 100, 0, 0).map(({ start }) => start)).toEqual([0, 100, 200]);
});
