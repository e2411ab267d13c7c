import { expect, it } from 'vitest';
import { joined } from './conditioning.ts';
import type { Conditioning } from './latents.ts';

const of = (tokens: number, ...data: number[]): Conditioning => ({
  shape: [1, tokens, 2],
  data: Float32Array.from({ length: tokens * 2 }, (_, i) => data[i] ?? 0),
});

it('prompts are joined along their tokens', () => {
  expect(joined([of(1, 1, 2), of(2, 3, 4, 5, 6)])).toEqual(of(3, 1, 2, 3, 4, 5, 6));
  const one = of(1, 1, 2);
  expect(joined([one])).toBe(one);
});

it('prompts of two models, of nothing, or of too much are refused', () => {
  expect(() => joined([of(1), { shape: [1, 1, 3], data: new Float32Array(3) }])).toThrow(/\[1,1,2\], \[1,1,3\]/);
  expect(() => joined([])).toThrow(/is empty/);
  expect(() => joined([of(8000), of(193)])).toThrow(/8193 tokens together; 8192/);
});
