import { describe, expect, it } from 'vitest';
import { normalNoise } from './noise.ts';
import { slerp } from './slerp.ts';

const length = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
const of = (...values: number[]) => Float32Array.from(values);
const close = (values: Float32Array) => [...values].map((value) => expect.closeTo(value, 5));

describe('slerp', () => {
  it('goes along the arc between two vectors', () => {
    const third = slerp(of(2, 0), of(0, 2), 1 / 3);
    expect([...third]).toEqual([expect.closeTo(Math.sqrt(3), 5), expect.closeTo(1, 5)]);
    expect([...slerp(of(1, 0), of(0, 1), -0.5)]).toEqual(close(of(Math.SQRT1_2, -Math.SQRT1_2)));
  });

  it('keeps noise as strong as noise, which a straight line would not', () => {
    const [a, b] = [normalNoise(1, 4096), normalNoise(2, 4096)];
    expect(length(slerp(a, b, 0.5)) / 64).toBeCloseTo(1, 1);
    expect(length(a.map((value, i) => (value + b[i]!) / 2)) / 64).toBeCloseTo(Math.SQRT1_2, 1);
  });

  it('begins and ends at the vectors themselves', () => {
    const [a, b] = [normalNoise(1, 64), normalNoise(2, 64)];
    expect([...slerp(a, b, 0)]).toEqual(close(a));
    expect([...slerp(a, b, 1)]).toEqual(close(b));
  });

  it.each([
    ['parallel', of(1, 2), of(2, 4), of(1.25, 2.5)],
    ['opposite', of(1, 2), of(-1, -2), of(0.5, 1)],
    ['zero', of(1, 2), of(0, 0), of(0.75, 1.5)],
  ])('takes the straight line where they are %s', (_, a, b, expected) => {
    expect([...slerp(a, b, 0.25)]).toEqual(close(expected));
  });
});
