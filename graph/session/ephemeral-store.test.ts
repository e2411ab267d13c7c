import { expect, test } from 'vitest';
import { graphOf, pinnedOf } from '../testing/graph-builder.ts';
import { TEST_CATALOGUE } from '../testing/node-types.ts';
import { EphemeralStore } from './ephemeral-store.ts';
import { PreparedGraph } from './prepared-graph.ts';

const [N, D, E, I] = [0, 1, 2, 3];
const prepared = () =>
  new PreparedGraph(
    pinnedOf(
      graphOf(
        { n: { type: 'noise' }, d: { type: 'denoise' }, e: { type: 'denoise' }, i: { type: 'latents_to_image' } },
        'n.noise > d.noise',
        'n.noise > e.noise',
        'd.latents > i.latents',
      ),
    ),
    TEST_CATALOGUE,
  );

test('a live value is let go when the last input has taken it, or when nothing ever will', () => {
  const store = new EphemeralStore(prepared());
  store.completed(N, { noise: 'noise', width: 8 });
  store.completed(D, { latents: 'd' });
  expect([store.value(N, 'noise'), store.value(N, 'width')]).toEqual(['noise', undefined]);
  store.completed(E, { latents: 'e' });
  expect([store.value(N, 'noise'), store.value(D, 'latents'), store.value(E, 'latents')]).toEqual([
    undefined,
    'd',
    undefined,
  ]);
  store.completed(I, {});
  expect(store.value(D, 'latents')).toBeUndefined();
});

test('after a resume it asks for what is missing, deepest first, and lets it go again', () => {
  const store = new EphemeralStore(prepared());
  const mark = { ephemeral: 'latents' };
  const denoised = { type: 'denoise_output', latents: mark };
  store.restored([{ type: 'noise_output', noise: mark }, denoised, denoised, undefined]);
  expect(store.missingFor(I)).toBe(N);
  store.completed(N, { noise: 'noise' });
  expect(store.missingFor(I)).toBe(D);
  store.completed(D, { latents: 'd' });
  expect([store.missingFor(I), store.value(N, 'noise'), store.value(D, 'latents')]).toEqual([
    undefined,
    undefined,
    'd',
  ]);
});
