import { describe, expect, test } from 'vitest';
import { DEFAULT_SEEDS, DEFAULT_STEPS, runSeed } from './campaign.ts';
import { PINNED } from './pinned.ts';

const TIMEOUT_MS = 120_000;

describe('the queue in a simulated world', () => {
  test.each(DEFAULT_SEEDS)(
    '[R1] [R2] [R6] [R11] seed %i: every invariant holds after every step',
    async (seed) => {
      const { failure, steps } = await runSeed(seed, DEFAULT_STEPS);
      expect(failure?.report).toBeUndefined();
      expect(steps).toBeGreaterThan(DEFAULT_STEPS * 0.9);
    },
    TIMEOUT_MS,
  );

  test.each(PINNED)(
    'seed $seed does not find it again: $found',
    async ({ seed, steps }) => {
      expect((await runSeed(seed, steps)).failure?.report).toBeUndefined();
    },
    TIMEOUT_MS,
  );

  test(
    'the same seed makes the same trace, another seed another one',
    async () => {
      const [first, again, other] = [await runSeed(5, 1_000), await runSeed(5, 1_000), await runSeed(6, 1_000)];
      expect(again).toEqual(first);
      expect(other.hash).not.toBe(first.hash);
    },
    TIMEOUT_MS,
  );
});
