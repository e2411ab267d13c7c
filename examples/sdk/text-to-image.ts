/**
 * ../text-to-image.json, built with the SDK (outside this repository it comes from '@switchyard/client'): the same graph,
 * and a batch that draws several prompts with several seeds each.
 */
import { batch, graph, product, type QueueClient, range, vary } from '../../client/index.ts';

/** Nodes give their outputs as `out`; where one is given that does not fit, this does not compile. */
export function textToImage(text: string) {
  // Only what says otherwise is an output of the session.
  const g = graph({ is_intermediate: true });
  const model = g.add('main_model_loader', { model: { key: 'tiny-diffusion' } }, { id: 'model' });
  const prompt = g.add('compel', { prompt: text, clip: model.out.clip }, { id: 'prompt' });
  const negative = g.add('compel', { prompt: '', clip: model.out.clip }, { id: 'negative' });
  const noise = g.add('noise', { seed: 1, width: 128, height: 128 });
  const denoise = g.add(
    'denoise_latents',
    {
      unet: model.out.unet,
      positive_conditioning: prompt.out.conditioning,
      negative_conditioning: negative.out.conditioning,
      noise: noise.out.noise,
      steps: 10,
      cfg_scale: 3,
      scheduler: 'ddim',
    },
    { id: 'denoise' },
  );
  const decode = g.add('l2i', { latents: denoise.out.latents, vae: model.out.vae }, { id: 'decode' });
  const save = g.add('save_image', { image: decode.out.image }, { id: 'save', is_intermediate: false });
  return { graph: g, prompt, noise, save };
}

/** Draws one image, and says under which name the service keeps it. */
export async function draw(queue: QueueClient, text: string): Promise<string> {
  const { graph: drawing, save } = textToImage(text);
  const result = await queue.run(drawing);
  return result.output(save).image.image_name;
}

/** Each prompt with each seed: the body of `queue.enqueueBatch`. */
export function drawings(prompts: readonly string[], seeds = range(1, 4)) {
  const drawing = textToImage('');
  return batch(drawing.graph, {
    vary: product(vary(drawing.prompt, 'prompt', prompts), vary(drawing.noise, 'seed', seeds)),
  });
}
