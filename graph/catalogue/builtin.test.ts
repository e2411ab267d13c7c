import { describe, expect, test } from 'vitest';
import { Catalogue } from '../../contract/graph/catalogue.ts';
import { FIELD_TYPES } from '../../contract/graph/field-type.ts';
import { isReservedField } from '../catalogue.ts';
import { isEphemeral, parseFieldType } from '../field-type/parse.ts';
import { outsideSubset } from '../schema/subset.ts';
import { Session } from '../session/session.ts';
import { graphOf, pinnedOf } from '../testing/graph-builder.ts';
import { runSession } from '../testing/run-session.ts';
import builtin from './builtin.json' with { type: 'json' };

const CATALOGUE = Catalogue.parse(builtin);

describe.each(Object.values(CATALOGUE.node_types))('the built-in node $type', (nodeType) => {
  test('says nothing that the engine does not hear', () => {
    for (const [name, { schema, field_type }] of Object.entries(nodeType.inputs)) {
      expect([name, outsideSubset(schema), isReservedField(name)]).toEqual([name, [], false]);
      expect(parseFieldType(field_type).members.every((member) => member.name in FIELD_TYPES)).toBe(true);
    }
  });

  test('has live outputs only if it can run again', () => {
    const live = Object.values(nodeType.outputs).some(({ field_type }) => isEphemeral(field_type));
    expect(live && !nodeType.deterministic).toBe(false);
  });
});

test('text to image: one encoder, one denoiser, one decoder, in class order', () => {
  const graph = graphOf(
    {
      model: { type: 'main_model_loader', model: { key: 'tiny-diffusion' } },
      positive: { type: 'compel', prompt: 'a red circle on blue' },
      negative: { type: 'compel' },
      noise: { type: 'noise', seed: 1 },
      denoise: { type: 'denoise_latents' },
      image: { type: 'l2i' },
    },
    'model.clip > positive.clip',
    'model.clip > negative.clip',
    'model.unet > denoise.unet',
    'positive.conditioning > denoise.positive_conditioning',
    'negative.conditioning > denoise.negative_conditioning',
    'noise.noise > denoise.noise',
    'denoise.latents > image.latents',
    'model.vae > image.vae',
  );
  const submodel = (submodel_type: string) => ({ key: 'tiny-diffusion', submodel_type });
  const session = new Session(pinnedOf(graph, CATALOGUE), [], CATALOGUE);
  const trace = runSession(session, ({ type }) => {
    if (type === 'main_model_loader')
      return { unet: submodel('unet'), clip: submodel('text_encoder'), vae: submodel('vae') };
    return { conditioning: {}, noise: {}, latents: {}, image: { image_name: 'x' }, width: 1, height: 1 };
  });
  expect(trace).toMatchObject({
    order: ['model', 'noise', 'positive', 'negative', 'denoise', 'image'],
    end: 'complete',
  });
});
