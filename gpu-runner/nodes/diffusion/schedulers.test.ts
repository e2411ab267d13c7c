/** Every scheduler on a real model: what it draws has the colours of the prompt. */
import { afterAll, describe, expect, it } from 'vitest';
import { SCHEDULER_NAMES } from '../../diffusion/schedulers.ts';
import { Drawing, stepsOf } from './testing/drawing.ts';

const drawing = new Drawing();
const other = new Drawing({ intraOpNumThreads: 2 });
afterAll(() => Promise.all([drawing.release(), other.release()]));

const PROMPTS = [
  ['a big red star on plain blue', 'red', 'blue'],
  ['a big yellow circle on white', 'yellow', 'white'],
  ['a big green square on yellow', 'green', 'yellow'],
] as const;

describe.each(SCHEDULER_NAMES)('%s', (scheduler) => {
  it.each(PROMPTS)('draws %s', async (prompt, shape, background) => {
    const inputs = { ...(await drawing.noise(1)), scheduler, steps: stepsOf(scheduler) };
    const pixels = await drawing.pixels(await drawing.draw(prompt, inputs));
    expect(pixels.distance(64, 64, shape)).toBeLessThanOrEqual(15);
    for (const [x, y] of [
      [4, 4],
      [123, 4],
      [4, 123],
      [123, 123],
    ] as const)
      expect(pixels.distance(x, y, background)).toBeLessThanOrEqual(15);
  });

  it('gives the same bytes with another number of threads, and with the schedule in two parts', async () => {
    const [prompt] = PROMPTS[0];
    const inputs = { ...(await drawing.noise(2)), scheduler };
    const whole = await drawing.draw(prompt, inputs);
    expect((await other.draw(prompt, inputs)).image).toEqual(whole.image);
    const half = await drawing.denoise(prompt, { ...inputs, denoising_end: 0.5 });
    const both = await drawing.draw(prompt, { latents: half, scheduler, denoising_start: 0.5 });
    // What multistep schedulers lose at the cut is a test of theirs.
    if (!scheduler.startsWith('dpmpp')) expect(both.image).toEqual(whole.image);
  });

  it('starts half-way from an image: layout stays, colours follow the prompt', async () => {
    const original = await drawing.draw('a big red circle on white', await drawing.noise(5));
    const inputs = {
      ...(await drawing.noise(6)),
      latents: await drawing.toLatents(original),
      denoising_start: 0.3,
      steps: stepsOf(scheduler),
      scheduler,
    };
    const pixels = await drawing.pixels(await drawing.draw('a big green circle on white', inputs));
    expect(pixels.distance(64, 64, 'green')).toBeLessThanOrEqual(20);
    expect(pixels.distance(4, 4, 'white')).toBeLessThanOrEqual(20);
  });
});

it('gives another picture for another seed, also where only the noise on the way differs', async () => {
  const { noise } = await drawing.noise(3);
  const draw = (seed: number) => drawing.draw(PROMPTS[0][0], { noise: { ...noise, seed }, scheduler: 'euler_a' });
  expect((await draw(3)).image).not.toEqual((await draw(4)).image);
});
