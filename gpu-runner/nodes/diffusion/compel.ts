import { defineNode } from '../define-node.ts';
import { clip, conditioning, string } from '../fields.ts';

export const compelNode = defineNode({
  type: 'compel',
  version: '1.0.0',
  title: 'Prompt',
  category: 'prompt',
  description: 'Encodes a prompt into conditioning. What is beyond the length that the encoder takes is cut off.',
  deterministic: true,
  inputs: {
    prompt: string({ default: '', description: 'What to show.', ui: { component: 'textarea' } }),
    clip: clip({ title: 'CLIP', description: 'The tokenizer and the text encoder.' }),
  },
  output_type: 'conditioning_output',
  outputs: { conditioning: conditioning({ description: 'The encoded prompt.' }) },
  invoke: async ({ prompt, clip }, context) => {
    const model = await context.models.diffusion(clip);
    await context.checkpoint();
    return { conditioning: await model.encodePrompt(prompt) };
  },
});
