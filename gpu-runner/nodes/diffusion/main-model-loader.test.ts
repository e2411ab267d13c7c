import { expect, it } from 'vitest';
import { testContext } from '../testing/context.ts';
import { mainModelLoaderNode } from './main-model-loader.ts';

it('main_model_loader names the parts by the model that was pinned', async () => {
  const hash = 'a'.repeat(64);
  expect(await testContext().run(mainModelLoaderNode, { model: { key: 'tiny', hash, name: 'ignored' } })).toEqual({
    unet: { key: 'tiny', hash, submodel_type: 'unet' },
    clip: { key: 'tiny', hash, submodel_type: 'text_encoder' },
    vae: { key: 'tiny', hash, submodel_type: 'vae' },
  });
});
