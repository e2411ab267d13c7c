/** Prompts that are collected, and guidance that changes from step to step. */
import { afterAll, describe, expect, it } from 'vitest';
import type { Conditioning } from '../../diffusion/latents.ts';
import { withDefaults } from '../testing/defaults.ts';
import { conditioningNode } from './conditioning.ts';
import { conditioningCollectionNode } from './conditioning-collection.ts';
import { Drawing } from './testing/drawing.ts';

const drawing = new Drawing();
afterAll(() => drawing.release());
const PROMPT = 'a big red circle on white';

describe('conditioning', () => {
  it('is passed on, alone or as a collection', async () => {
    const { context } = drawing;
    const one: Conditioning = { shape: [1, 1, 1], data: Float32Array.of(1) };
    const collection = [one, { ...one }];
    expect(await context.run(conditioningNode, withDefaults(conditioningNode, { conditioning: one }))).toEqual({
      conditioning: one,
    });
    const inputs = withDefaults(conditioningCollectionNode, { collection });
    expect(await context.run(conditioningCollectionNode, inputs)).toEqual({ collection });
  });

  it('collected is said one after the other, as .and() says it', async () => {
    const start = await drawing.noise(4);
    const prompts = [await drawing.encode('a big red circle'), await drawing.encode('on white')];
    const collected = await drawing.denoise('', { ...start, positive_conditioning: prompts });
    expect(collected.data).toEqual((await drawing.denoise('("a big red circle", "on white").and()', start)).data);
    const [one, plain] = [[await drawing.encode(PROMPT)], await drawing.encode('')];
    const listed = { ...start, positive_conditioning: one, negative_conditioning: [plain] };
    expect((await drawing.denoise('', listed)).data).toEqual((await drawing.denoise(PROMPT, start)).data);
    await expect(drawing.denoise('', { ...start, positive_conditioning: [] })).rejects.toThrow(/is empty/);
  });
});

describe('guidance', () => {
  it('is one number, or one for each step', async () => {
    const start = await drawing.noise(4);
    const draw = async (cfg_scale: unknown) => (await drawing.denoise(PROMPT, { ...start, cfg_scale })).data;
    expect(await draw(new Array(10).fill(3))).toEqual(await draw(3));
    expect(await draw([1, ...new Array(9).fill(3)])).not.toEqual(await draw(3));
    await expect(draw([3])).rejects.toThrow(/for 1 steps, and the schedule has 10/);
  });
});
