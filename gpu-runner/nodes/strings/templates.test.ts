import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { TEXT_LENGTH_MAX } from '../bounds.ts';
import type { Node } from '../node.ts';
import { testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { promptTemplateNode } from './prompt-template.ts';
import { stringTemplateNode } from './string-template.ts';

const context = testContext();
const run = (node: Node, inputs: Record<string, unknown>) => context.run(node, withDefaults(node, inputs));

describe('prompt_template', () => {
  it('puts each prompt into its template, wherever it says {prompt}', async () => {
    const inputs = {
      positive_template: 'photo of {prompt}, {prompt}, {detail}',
      negative_template: 'blurry',
      positive_prompt: 'a $& {prompt} cat',
      negative_prompt: 'ugly',
    };
    expect(await run(promptTemplateNode, inputs)).toEqual({
      positive_prompt: 'photo of a $& {prompt} cat, a $& {prompt} cat, {detail}',
      negative_prompt: 'blurry',
    });
  });

  it('passes the prompts on when it has no templates', async () => {
    const prompts = { positive_prompt: 'a cat', negative_prompt: 'a dog' };
    expect(await run(promptTemplateNode, prompts)).toEqual(prompts);
  });

  it('refuses a prompt that grows too long', async () => {
    const inputs = { positive_template: '{prompt}'.repeat(100), positive_prompt: 'x'.repeat(10_000) };
    await expect(run(promptTemplateNode, inputs)).rejects.toThrow('longer than 200000');
  });
});

describe('string_template', () => {
  test.each([
    [{ template: 'a {a} {b}', a: 'red', b: 'cat' }, 'a red cat'],
    [{ template: '{a}{a}{h}', a: 'x' }, 'xx'],
    [{ template: '{{a}} {{{a}}}', a: 'x' }, '{a} {x}'],
    [{ template: '}}{{' }, '}{'],
    [{ template: '{a}', a: '{b} $& {{' }, '{b} $& {{'],
    [{ template: 'plain' }, 'plain'],
    [{}, ''],
  ])('%j', async (inputs, value) => {
    expect(await run(stringTemplateNode, inputs)).toEqual({ value });
  });

  test.each([
    ['a {name}', "'{name}' at character 3 has no value: the names are a, b, c, d, e, f, g, h"],
    ['{template}', "'{template}' at character 1 has no value"],
    ['{__proto__}', "'{__proto__}' at character 1 has no value"],
    ['{}', "'{}' at character 1 has no value"],
    ['a { b', "'{' at character 3 is alone: write '{{' for a brace"],
    ['a } b', "'}' at character 3 is alone: write '}}' for a brace"],
    ['{a', "'{' at character 1 is alone"],
  ])('%j is refused', async (template, message) => {
    await expect(run(stringTemplateNode, { template })).rejects.toThrow(message);
  });

  it('leaves a text as it was when its braces are doubled', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: fc.constantFrom('{', '}', 'a', ' ') }), async (value) => {
        const template = value.replace(/[{}]/g, (brace) => brace + brace);
        expect(await run(stringTemplateNode, { template, a: 'x' })).toEqual({ value });
      }),
    );
  });

  it.each(['{', '}', '{a', '{{a', '{a}', '{{}}', 'a'])('has an answer for 200,000 characters of %j', async (piece) => {
    const template = piece.repeat(TEXT_LENGTH_MAX / piece.length);
    const answer = await run(stringTemplateNode, { template }).then(
      ({ value }) => typeof value,
      (error) => error.name,
    );
    expect(['string', 'SyntaxError']).toContain(answer);
  });

  it('refuses a text that grows too long', async () => {
    await expect(run(stringTemplateNode, { template: '{a}{a}', a: 'x'.repeat(150_000) })).rejects.toThrow(
      'longer than',
    );
  });
});
