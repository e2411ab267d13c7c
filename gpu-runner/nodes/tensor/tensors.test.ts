import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { toHalf } from '../../diffusion/half.ts';
import { BUILTIN_NODES } from '../registry.ts';
import type { Tensor } from '../tensor-value.ts';
import { testContext } from '../testing/context.ts';
import { elementType, numbersOf, tensorOf } from './element-type.ts';

interface Written {
  type: string;
  shape: number[];
  data: (number | string)[];
}

interface Case {
  node: string;
  inputs: Record<string, unknown>;
  expected: Written;
}

const CASES = JSON.parse(readFileSync(new URL('golden/numpy-cases.json', import.meta.url), 'utf8')) as Case[];
const context = testContext();

function read({ type, shape, data }: Written): Tensor {
  const { kind } = elementType(type);
  if (kind === 'half') return tensorOf(type, shape, toHalf(Float32Array.from(data, number)));
  const elements = elementType(type).make(data.length);
  for (const [i, value] of data.entries()) elements[i] = (kind === 'long' ? BigInt(value) : number(value)) as never;
  return tensorOf(type, shape, elements);
}

const number = (value: number | string): number =>
  value === 'inf' ? Number.POSITIVE_INFINITY : value === '-inf' ? Number.NEGATIVE_INFINITY : Number(value);

const isWritten = (value: unknown): value is Written => typeof value === 'object' && value !== null && 'data' in value;

/** Units in the last place that a function of the platform, or the order of a sum, may differ by. */
const TOLERANCE: Record<string, number> = { float64: 4 * 2 ** -52, float32: 2 ** -23, float16: 2 ** -10 };
const INEXACT = new Set(['exp', 'log', 'tanh', 'sigmoid', 'pow', 'sum', 'mean']);

it.each([...new Set(CASES.map(({ node }) => node))])('%s gives what NumPy gives', async (type) => {
  const node = BUILTIN_NODES.get(type)!;
  for (const { inputs, expected } of CASES.filter((each) => each.node === type)) {
    const given = Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [name, isWritten(value) ? read(value) : value]),
    );
    const { tensor } = await context.run<{ tensor: Tensor }>(node, given);
    const wanted = read(expected);
    const what = JSON.stringify({ type, inputs });
    expect([tensor.type, tensor.shape], what).toEqual([wanted.type, wanted.shape]);
    const tolerance = TOLERANCE[tensor.type];
    if (tolerance === undefined || !(type === 'tensor_softmax' || INEXACT.has(inputs.operation as string))) {
      // Halves as numbers: NaN has many bit patterns.
      const values = (each: Tensor) => (each.type === 'float16' ? numbersOf(each) : each.data);
      expect(values(tensor), what).toEqual(values(wanted));
      continue;
    }
    const [values, theirs] = [numbersOf(tensor), numbersOf(wanted)];
    for (const [i, value] of theirs.entries()) {
      if (Number.isFinite(value))
        expect(Math.abs((values[i] ?? Number.NaN) - value), what).toBeLessThanOrEqual(
          tolerance * Math.max(Math.abs(value), 1),
        );
      else expect(values[i], what).toBe(value);
    }
  }
});
