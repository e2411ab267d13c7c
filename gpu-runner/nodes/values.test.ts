import { expect, it } from 'vitest';
import { mainModelLoaderNode } from './diffusion/main-model-loader.ts';
import { noiseNode } from './diffusion/noise.ts';
import { addNode } from './math/add.ts';
import { integerNode } from './primitives/integer.ts';
import { stringNode } from './primitives/string.ts';
import { testContext } from './testing/context.ts';

const context = testContext();

it('primitives return what they are given', async () => {
  expect(await context.run(integerNode, { value: -7 })).toEqual({ value: -7 });
  expect(await context.run(stringNode, { value: 'a\nb' })).toEqual({ value: 'a\nb' });
});

it('add adds, and refuses a sum that no integer holds', async () => {
  expect(await context.run(addNode, { a: 2, b: -5 })).toEqual({ value: -3 });
  await expect(context.run(addNode, { a: Number.MAX_SAFE_INTEGER, b: 1 })).rejects.toThrow(
    /beyond what an integer holds/,
  );
});

it('main_model_loader names the parts by the model that was pinned', async () => {
  const hash = 'a'.repeat(64);
  expect(await context.run(mainModelLoaderNode, { model: { key: 'tiny', hash, name: 'ignored' } })).toEqual({
    unet: { key: 'tiny', hash, submodel_type: 'unet' },
    clip: { key: 'tiny', hash, submodel_type: 'text_encoder' },
    vae: { key: 'tiny', hash, submodel_type: 'vae' },
  });
});

it('noise has the shape of the image in latent pixels', async () => {
  const { noise, ...size } = await context.run(noiseNode, { seed: 1, width: 64, height: 32 });
  expect(size).toEqual({ width: 64, height: 32 });
  expect(noise).toMatchObject({ shape: [1, 4, 4, 8], data: { length: 128 } });
});
