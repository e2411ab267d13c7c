import { expect, test } from 'vitest';
import { nearest, suggestion } from './nearest.ts';

test.each([
  ['intger', ['integer', 'string'], 'integer'],
  ['denoise', ['denoise_latents', 'noise'], 'noise'],
  ['ab', ['cd'], undefined],
  ['a', ['b'], undefined],
  ['completely', ['different'], undefined],
  ['x', [], undefined],
])('nearest to %s of %j is %s', (name, candidates, expected) => {
  expect(nearest(name, candidates)).toBe(expected);
});

test('a suggestion ends a sentence, or is nothing', () => {
  expect(suggestion('sed', ['seed'])).toBe(' Did you mean "seed"?');
  expect(suggestion('sed', ['width'])).toBe('');
});
