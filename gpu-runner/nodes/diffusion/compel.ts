import { defineNode } from '../define-node.ts';
import { clip, string } from '../fields.ts';
import { CONDITIONING_OUTPUT } from '../outputs.ts';

/** Characters; the encoder takes 2,400 tokens of them, at 75 a window. */
const PROMPT_LENGTH_MAX = 10_000;

export const compelNode = defineNode({
  type: 'compel',
  version: '1.0.0',
  title: 'Prompt',
  category: 'prompt',
  description:
    'Encodes a prompt into conditioning. Words weigh more or less with word+ and word-, phrases with (a phrase)1.3 or ' +
    '(a phrase)--, and \\( is a plain parenthesis; ("one", "two").blend(0.7, 0.3) mixes prompts, .and() puts them one ' +
    'after the other. A long prompt is encoded in windows of what the encoder takes, usually 75 tokens.',
  deterministic: true,
  inputs: {
    prompt: string({
      default: '',
      max_length: PROMPT_LENGTH_MAX,
      description: 'What to show.',
      ui: { component: 'textarea' },
    }),
    clip: clip({ title: 'CLIP', description: 'The tokenizer and the text encoder.' }),
  },
  ...CONDITIONING_OUTPUT,
  invoke: async ({ prompt, clip }, context) => {
    const model = await context.models.diffusion(clip);
    return { conditioning: await model.encodePrompt(prompt, () => context.checkpoint()) };
  },
});
