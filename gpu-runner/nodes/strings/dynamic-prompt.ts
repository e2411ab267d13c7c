import { TEXT_LENGTH_MAX } from '../bounds.ts';
import { defineNode } from '../define-node.ts';
import { boolean, integer, string } from '../fields.ts';
import { SEED } from '../math/operands.ts';
import { RandomStream } from '../math/random-stream.ts';
import { STRING_COLLECTION_OUTPUT } from '../outputs.ts';
import { atRandom, EachInTurn } from './chooser.ts';
import { type Choose, parsePrompt, renderPrompt } from './prompt-variants.ts';
import { refuseLongText } from './text.ts';

const PROMPTS_MAX = 10_000;

/** Options looked at for all prompts of one node: a second's work. */
const STEPS_MAX = 1e7;

/** Throws a RangeError when the choices have looked at STEPS_MAX options. */
function counted(choose: Choose): Choose {
  let steps = 0;
  return (weights) => {
    steps += weights.length;
    if (steps > STEPS_MAX)
      throw new RangeError('the prompts have too many options: ask for fewer prompts, or split it');
    return choose(weights);
  };
}

export const dynamicPromptNode = defineNode({
  type: 'dynamic_prompt',
  version: '1.0.0',
  title: 'Dynamic Prompt',
  category: 'prompt',
  description:
    'Makes prompts out of one with variants, such as "a {red|blue} cat": {2$$a|b|c} takes two of them, {3::a|b} takes a three times as often.',
  deterministic: true,
  inputs: {
    prompt: string({
      max_length: TEXT_LENGTH_MAX,
      description: 'The prompt with variants in braces. A backslash before {, } or | makes it a plain character.',
      ui: { component: 'textarea' },
    }),
    max_prompts: integer({ default: 1, minimum: 1, maximum: PROMPTS_MAX, description: 'How many prompts to make.' }),
    combinatorial: boolean({
      default: false,
      description: 'Whether to make every combination in turn, up to max_prompts, instead of random ones.',
    }),
    seed: SEED,
  },
  ...STRING_COLLECTION_OUTPUT,
  invoke: async ({ prompt: given, max_prompts, combinatorial, seed }, context) => {
    const prompt = parsePrompt(given);
    const turns = new EachInTurn();
    const choose = counted(combinatorial ? turns.choose : atRandom(new RandomStream(seed)));
    const collection: string[] = [];
    let length = 0;
    do {
      const made = renderPrompt(prompt, choose);
      length += made.length;
      refuseLongText(length, 'the prompts together', 'ask for fewer prompts');
      collection.push(made);
      if (collection.length % 100 === 0) await context.checkpoint();
    } while (collection.length < max_prompts && (!combinatorial || turns.advance()));
    return { collection };
  },
});
