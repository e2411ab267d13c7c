/** The demo's work: text to image, prompts × seeds. @pure */
import type { BatchInput } from '../../client/queue.ts';
import type { NodeFieldValue } from '../../contract/queue/batch.ts';

/** Each names shape, colour and background, as the bundled model was taught. */
export const DEFAULT_PROMPTS = [
  'a big red circle on blue',
  'a big yellow ring on purple',
  'a big white heart on green',
  'a big orange star on black',
];

export const MODEL_KEY = 'tiny-diffusion';
const SIDE = 128;
const GUIDANCE = 3;

export interface Sweep {
  prompts: readonly string[];
  seeds: readonly number[];
  steps: number;
}

type Graph = BatchInput['batch']['graph'];

const edge = (from: string, output: string, to: string, input: string) => ({
  source: { node_id: from, field: output },
  destination: { node_id: to, field: input },
});

export function textToImage(steps: number): Graph {
  const node = (id: string, type: string, fields: Record<string, unknown> = {}) => ({
    id,
    type,
    is_intermediate: type !== 'save_image',
    ...fields,
  });
  return {
    nodes: {
      model: node('model', 'main_model_loader', { model: { key: MODEL_KEY } }),
      positive: node('positive', 'compel', { prompt: '' }),
      negative: node('negative', 'compel', { prompt: '' }),
      noise: node('noise', 'noise', { seed: 0, width: SIDE, height: SIDE }),
      denoise: node('denoise', 'denoise_latents', { steps, cfg_scale: GUIDANCE, scheduler: 'ddim' }),
      decode: node('decode', 'l2i'),
      save: node('save', 'save_image'),
    },
    edges: [
      edge('model', 'clip', 'positive', 'clip'),
      edge('model', 'clip', 'negative', 'clip'),
      edge('model', 'unet', 'denoise', 'unet'),
      edge('model', 'vae', 'decode', 'vae'),
      edge('positive', 'conditioning', 'denoise', 'positive_conditioning'),
      edge('negative', 'conditioning', 'denoise', 'negative_conditioning'),
      edge('noise', 'noise', 'denoise', 'noise'),
      edge('denoise', 'latents', 'decode', 'latents'),
      edge('decode', 'image', 'save', 'image'),
    ],
  };
}

export const sweepBatch = ({ prompts, seeds, steps }: Sweep): BatchInput => ({
  batch: {
    graph: textToImage(steps),
    data: [
      [{ node_path: 'positive', field_name: 'prompt', items: [...prompts] }],
      [{ node_path: 'noise', field_name: 'seed', items: [...seeds] }],
    ],
    origin: 'demo',
  },
});

/** What one item of the sweep makes. */
export function promptAndSeed(values: readonly NodeFieldValue[]): { prompt: string; seed: number } {
  const of = (node: string) => values.find(({ node_path }) => node_path === node)?.value;
  return { prompt: String(of('positive')), seed: Number(of('noise')) };
}

/** As many as `image_grid` takes. */
export const SHEET_IMAGES_MAX = 1_024;

/** All images on one sheet, a row for each prompt. */
export const contactSheet = (imageNames: readonly string[], columns: number): BatchInput => ({
  batch: {
    graph: {
      nodes: {
        sheet: {
          id: 'sheet',
          type: 'image_grid',
          images: imageNames.map((image_name) => ({ image_name })),
          columns: Math.max(1, Math.min(columns, imageNames.length)),
        },
      },
    },
    origin: 'demo',
  },
});

/** A file name from a prompt and a seed: letters, digits and dashes. */
export function imageStem(prompt: string, seed: number): string {
  const words = prompt
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 80);
  return `${words || 'image'}-${seed}`;
}
