import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalNoise } from '../../diffusion/noise.ts';
import type { Node } from '../node.ts';
import { testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { randFloatNode } from './rand-float.ts';
import { randIntNode } from './rand-int.ts';
import { RandomStream, SEED_MAX } from './random-stream.ts';

const context = testContext();
const run = (node: Node, inputs: Record<string, unknown>) => context.run(node, withDefaults(node, inputs));
const seed = fc.integer({ min: 0, max: SEED_MAX });

describe('RandomStream', () => {
  // As an implementation of the paper in Python's integers answers.
  it('gives the same numbers for the same seed, on every machine', () => {
    const random = new RandomStream(7);
    expect(Array.from({ length: 6 }, () => random.below(1000))).toEqual([688, 856, 621, 172, 672, 831]);
    expect(new RandomStream(7).fraction()).toBe(0.3506279808932371);
  });

  it('stays below its bound, however large', () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (from, count) => {
        const number = new RandomStream(from).below(count);
        expect(Number.isSafeInteger(number) && number >= 0 && number < count).toBe(true);
      }),
    );
  });

  it('reaches every number about equally often', () => {
    const random = new RandomStream(1);
    const times = new Array(6).fill(0);
    for (let i = 0; i < 6000; i++) times[random.below(6)]++;
    // Five standard deviations of a binomial count are 145.
    for (const count of times) expect(Math.abs(count - 1000)).toBeLessThan(145);
  });

  it('is apart from the noise of the same seed', () => {
    const random = new RandomStream(5);
    const uniform = Array.from({ length: 256 }, () => random.fraction() - 0.5);
    const noise = normalNoise(5, 256);
    const correlation = uniform.reduce((sum, value, i) => sum + value * (noise[i] ?? 0), 0) / (256 * Math.sqrt(1 / 12));
    expect(Math.abs(correlation)).toBeLessThan(0.25);
  });
});

it('rand_int is at least low and below high', async () => {
  await fc.assert(
    fc.asyncProperty(seed, fc.integer(), fc.integer(), async (from, one, other) => {
      fc.pre(one !== other);
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      const { value } = (await run(randIntNode, { low, high, seed: from })) as { value: number };
      expect(value >= low && value < high).toBe(true);
    }),
  );
  expect(await run(randIntNode, { low: 4, high: 5 })).toEqual({ value: 4 });
  await expect(run(randIntNode, { low: 5, high: 5 })).rejects.toThrow('low (5) must be less than high (5)');
  const low = -Number.MAX_SAFE_INTEGER;
  await expect(run(randIntNode, { low, high: 5 })).rejects.toThrow('high − low must be less than 2^53');
});

it('rand_float is within its bounds, with as many decimals as asked', async () => {
  await fc.assert(
    fc.asyncProperty(seed, fc.integer({ min: 0, max: 5 }), async (from, decimals) => {
      const { value } = (await run(randFloatNode, { low: -1, high: 2, decimals, seed: from })) as { value: number };
      expect(value >= -1 && value <= 2).toBe(true);
      expect(Number(value.toFixed(decimals))).toBe(value);
    }),
  );
  expect(await run(randFloatNode, { low: 3, high: 3 })).toEqual({ value: 3 });
  await expect(run(randFloatNode, { low: 2, high: 1 })).rejects.toThrow('low (2) must not be more than high (1)');
  await expect(run(randFloatNode, { low: -1.5e308, high: 1.5e308 })).rejects.toThrow('high − low is not a finite');
});
