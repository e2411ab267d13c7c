/** Prompts that are collected, and guidance that changes from step to step. */
import { afterAll, describe, expect, it } from 'vitest';
import { graphOf, sessionOf } from '../../../graph/testing/graph-builder.ts';
import type { Conditioning } from '../../diffusion/latents.ts';
import { catalogueOf } from '../catalogue.ts';
import type { Node } from '../node.ts';
import { BUILTIN_NODES } from '../registry.ts';
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

it('in a graph, prompts are collected and guidance comes from a list', async () => {
  const graph = graphOf(
    {
      model: { type: 'main_model_loader', model: { key: 'tiny' } },
      one: { type: 'compel', prompt: 'a big red circle' },
      two: { type: 'compel', prompt: 'on white' },
      none: { type: 'compel' },
      prompts: { type: 'collect' },
      kept: { type: 'conditioning_collection' },
      noise: { type: 'noise', seed: 4, width: 128, height: 128, use_cpu: true },
      guidance: { type: 'float_collection', collection: [5, 4, 3, 2, 1] },
      out: { type: 'denoise_latents', steps: 5, scheduler: 'ddim' },
    },
    'model.clip > one.clip',
    'model.clip > two.clip',
    'model.clip > none.clip',
    'one.conditioning > prompts.item',
    'two.conditioning > prompts.item',
    'prompts.collection > kept.collection',
    'kept.collection > out.positive_conditioning',
    'none.conditioning > out.negative_conditioning',
    'guidance.collection > out.cfg_scale',
    'noise.noise > out.noise',
    'model.unet > out.unet',
  );
  const session = sessionOf(graph, [], catalogueOf(BUILTIN_NODES));
  const outputs = new Map<string, Record<string, unknown>>();
  for (let step = session.next(); step.kind === 'invocation'; step = session.next()) {
    const { id, type, source_id, inputs } = step.invocation;
    const output = await drawing.context.run(BUILTIN_NODES.get(type) as Node, inputs);
    outputs.set(source_id, output);
    session.complete(id, output);
  }
  const same = { ...(await drawing.noise(4)), steps: 5, cfg_scale: [5, 4, 3, 2, 1] };
  const latents = await drawing.denoise('("a big red circle", "on white").and()', same);
  expect(outputs.get('out')).toEqual({ latents, width: 128, height: 128 });
});
