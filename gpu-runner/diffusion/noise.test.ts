import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { normalNoise, normalNoiseInStretches, philox } from './noise.ts';

const hex = (words: Uint32Array) => [...words].map((word) => word.toString(16).padStart(8, '0')).join(' ');

describe('philox', () => {
  // The known answers for philox4x32-10 that come with the authors' Random123 library.
  it.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [new Array(4).fill(0xffffffff), [0xffffffff, 0xffffffff], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('answers as published for counter %j', (counter, key, words) => {
    expect(hex(philox(counter, key))).toBe(words);
  });
});

describe('noise', () => {
  it('is normal', () => {
    const values = normalNoise(3, 100_000);
    const moment = (n: number) => values.reduce((sum, value) => sum + value ** n, 0) / values.length;
    expect(moment(1)).toBeCloseTo(0, 2);
    expect(moment(2)).toBeCloseTo(1, 2);
    expect(moment(3)).toBeCloseTo(0, 1);
    expect(moment(4)).toBeCloseTo(3, 1);
  });

  it('agrees with Box–Muller on the functions of the platform', () => {
    const values = normalNoise(11, 4096);
    const expected = new Float32Array(4096);
    for (let i = 0; i < 4096; i += 2) {
      const words = philox([Math.floor(i / 4), 0, 0, 0], [11, 0]);
      const [a = 0, b = 0] = words.subarray(i % 4);
      const radius = Math.sqrt(-2 * Math.log((a + 1) / 2 ** 32));
      expected[i] = radius * Math.cos((2 * Math.PI * b) / 2 ** 32);
      expected[i + 1] = radius * Math.sin((2 * Math.PI * b) / 2 ** 32);
    }
    expect(Math.max(...values.map((value, i) => Math.abs(value - (expected[i] ?? 0))))).toBeLessThan(1e-6);
  });

  it('never changes: every picture that a seed stands for would', () => {
    const digest = (seed: number) => createHash('sha256').update(normalNoise(seed, 1024)).digest('hex').slice(0, 16);
    expect([digest(0), digest(42), digest(2 ** 32 - 1)]).toMatchInlineSnapshot(`
      [
        "6e2c00cef7b32137",
        "e5571688d2b06f81",
        "4c81c703779d9624",
      ]
    `);
  });

  it('is the same in stretches, between which others may have their turn', async () => {
    const count = 2 ** 18 + 4097;
    let checkpoints = 0;
    const values = await normalNoiseInStretches(42, count, async () => void checkpoints++);
    expect(Buffer.compare(Buffer.from(values.buffer), Buffer.from(normalNoise(42, count).buffer))).toBe(0);
    expect(checkpoints).toBe(2);
  });

  it('begins alike at every length', () => {
    expect(normalNoise(5, 7)).toEqual(normalNoise(5, 100).subarray(0, 7));
  });
});
