import { TEXT_LENGTH_MAX } from '../bounds.ts';
import { defineNode } from '../define-node.ts';
import { string } from '../fields.ts';
import { joined, longText } from './text.ts';

const template = (description: string) =>
  string({ default: '{prompt}', max_length: TEXT_LENGTH_MAX, description, ui: { component: 'textarea' } });

const fill = (text: string, prompt: string): string => joined(text.split('{prompt}'), prompt);

export const promptTemplateNode = defineNode({
  type: 'prompt_template',
  version: '1.0.0',
  title: 'Prompt Template',
  category: 'prompt',
  description: 'Puts prompts into a style: each {prompt} in the templates becomes the prompt.',
  deterministic: true,
  inputs: {
    positive_template: template('The template of the positive prompt.'),
    negative_template: template('The template of the negative prompt.'),
    positive_prompt: longText('The positive prompt.'),
    negative_prompt: longText('The negative prompt.'),
  },
  output_type: 'prompt_template_output',
  outputs: {
    positive_prompt: string({ description: 'The positive template with the prompt in it.' }),
    negative_prompt: string({ description: 'The negative template with the prompt in it.' }),
  },
  invoke: ({ positive_template, negative_template, positive_prompt, negative_prompt }) => ({
    positive_prompt: fill(positive_template, positive_prompt),
    negative_prompt: fill(negative_template, negative_prompt),
  }),
});
