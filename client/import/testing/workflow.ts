/** Tiny files in the shape of InvokeAI's. */

export interface EditorNode {
  type: string;
  label?: string;
  /** Field → value; one without a value is `undefined`. */
  inputs?: Readonly<Record<string, unknown>>;
  intermediate?: boolean;
}

/** As the editor saves it; edges are `source.field > target.field`. */
export function workflowOf(nodes: Readonly<Record<string, EditorNode>>, ...edges: string[]) {
  return {
    name: 'A test',
    author: '',
    description: '',
    version: '',
    contact: '',
    tags: '',
    notes: '',
    exposedFields: [],
    meta: { category: 'user', version: '3.0.0' },
    nodes: Object.entries(nodes).map(([id, { type, label = '', inputs = {}, intermediate = true }]) => ({
      id,
      type: 'invocation',
      position: { x: 0, y: 0 },
      data: {
        id,
        type,
        version: '1.0.0',
        nodePack: 'invokeai',
        label,
        notes: '',
        inputs: Object.fromEntries(
          Object.entries(inputs).map(([name, value]) => [
            name,
            value === undefined ? { name, label: '' } : { name, label: '', value },
          ]),
        ),
        isOpen: true,
        isIntermediate: intermediate,
        useCache: true,
      },
    })),
    edges: edges.map((edge, index) => {
      const [, source, sourceHandle, target, targetHandle] = /^(\S+)\.(\S+) > (\S+)\.(\S+)$/.exec(edge) ?? [];
      return { id: `edge-${index}`, type: 'default', source, sourceHandle, target, targetHandle };
    }),
  };
}

/** Text to image by a Stable Diffusion model that InvokeAI calls "dreamer". */
export const MODEL = { key: '3f2a', hash: 'blake3:00', name: 'dreamer', base: 'sd-1', type: 'main' };

export const TEXT_TO_IMAGE_NODES = {
  n1: { type: 'main_model_loader', inputs: { model: MODEL } },
  n2: { type: 'compel', label: 'Positive Prompt', inputs: { prompt: 'a red kite', clip: undefined, mask: undefined } },
  n3: { type: 'compel', label: 'Negative Prompt', inputs: { prompt: '', clip: undefined, mask: undefined } },
  n4: { type: 'noise', inputs: { seed: 7, width: 512, height: 768, use_cpu: true } },
  n5: { type: 'denoise_latents', inputs: { steps: 30, cfg_scale: 7.5, scheduler: 'euler', control: undefined } },
  n6: { type: 'l2i', inputs: { board: undefined, metadata: undefined, fp32: true }, intermediate: false },
} satisfies Record<string, EditorNode>;

export const TEXT_TO_IMAGE_EDGES = [
  'n1.clip > n2.clip',
  'n1.clip > n3.clip',
  'n2.conditioning > n5.positive_conditioning',
  'n3.conditioning > n5.negative_conditioning',
  'n4.noise > n5.noise',
  'n1.unet > n5.unet',
  'n5.latents > n6.latents',
  'n1.vae > n6.vae',
];
