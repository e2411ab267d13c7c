import { expect, test } from 'vitest';
import { FaultList } from './faults.ts';
import { nearest } from './nearest.ts';

test.each([
  ['intger', ['integer', 'string'], 'integer'],
  ['denoise', ['denoise_latents', 'noise'], 'noise'],
  ['ab', ['cd'], undefined],
  ['a', ['b'], undefined],
  ['completely', ['different'], undefined],
  ['x', [], undefined],
  ['a'.repeat(49), ['a'.repeat(48)], undefined],
])('nearest to %s of %j is %s', (name, candidates, expected) => {
  expect(nearest(name, candidates)).toBe(expected);
});

test('a suggestion ends a sentence, or is nothing, and is made for the faults that are listed', () => {
  const faults = new FaultList();
  expect([faults.suggest('sed', ['seed']), faults.suggest('sed', ['width'])]).toEqual([' Did you mean "seed"?', '']);
  for (let count = 0; count < 100; count++) faults.add([], 'missing', 'x');
  expect(faults.suggest('sed', ['seed'])).toBe('');
});
