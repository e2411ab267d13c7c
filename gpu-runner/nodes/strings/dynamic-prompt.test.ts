import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { SEED_MAX } from '../math/random-stream.ts';
import { CanceledError } from '../node.ts';
import { testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { dynamicPromptNode } from './dynamic-prompt.ts';

const context = testContext();
const prompts = async (prompt: string, inputs: Record<string, unknown> = {}) =>
  (
    await context.run<{ collection: string[] }>(
      dynamicPromptNode,
      withDefaults(dynamicPromptNode, { prompt, ...inputs }),
    )
  ).collection;
const all = (prompt: string) => prompts(prompt, { combinatorial: true, max_prompts: 1000 });

describe('combinatorial', () => {
  test.each([
    ['plain', ['plain']],
    ['', ['']],
    ['a {red|blue} cat', ['a red cat', 'a blue cat']],
    ['{a|b}{1|2}', ['a1', 'a2', 'b1', 'b2']],
    ['{a|b{1|2}}!', ['a!', 'b1!', 'b2!']],
    ['{a|}', ['a', '']],
    ['{a}', ['a']],
    ['{}', ['']],
    ['{a|a}', ['a', 'a']],
    ['{2$$a|b|c}', ['a,b', 'a,c', 'b,a', 'b,c', 'c,a', 'c,b']],
    ['{2$$ and $$a|b}', ['a and b', 'b and a']],
    ['{1-2$$-$$a|b}', ['a', 'b', 'a-b', 'b-a']],
    ['{0-1$$a|b}', ['', 'a', 'b']],
    ['{-1$$a|b}', ['', 'a', 'b']],
    ['{1-$$a|b}', ['a', 'b', 'a,b', 'b,a']],
    ['{2$$a|{b|c}}', ['a,b', 'a,c', 'b,a', 'c,a']],
    ['{3::a|0.5::b|c}', ['a', 'b', 'c']],
    ['{ 2::a|b }', ['a', 'b ']],
    ['a|b \\{c\\|d\\} (e\\) \\', ['a|b {c|d} (e\\) \\']],
    ['{$5|3::1}', ['$5', '1']],
    ['{a $$ b|c}', ['a $$ b', 'c']],
  ])('%j', async (prompt, wanted) => {
    expect(await all(prompt)).toEqual(wanted);
  });

  it('stops at max_prompts, however many there would be', async () => {
    const prompt = '{a|b|c|d|e|f|g|h}'.repeat(200);
    expect(await prompts(prompt, { combinatorial: true, max_prompts: 3 })).toEqual([
      'a'.repeat(200),
      `${'a'.repeat(199)}b`,
      `${'a'.repeat(199)}c`,
    ]);
  });

  it('makes as many prompts as there are combinations, each once', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(sizes, async (counts) => {
        const prompt = counts.map((count) => `{${Array.from({ length: count }, (_, i) => i).join('|')}}`).join('.');
        const product = counts.reduce((a, b) => a * b, 1);
        const collection = await prompts(prompt, { combinatorial: true, max_prompts: 2000 });
        expect(collection).toHaveLength(product);
        expect(new Set(collection).size).toBe(product);
        expect(collection).toEqual(collection.toSorted());
      }),
    );
  });
});

describe('at random', () => {
  it('is one of the combinations, and follows from the seed', async () => {
    const prompt = '{a|b{1|2}} {2$$x|y|z}';
    const possible = new Set(await all(prompt));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: SEED_MAX }), async (seed) => {
        const collection = await prompts(prompt, { seed, max_prompts: 20 });
        expect(collection).toHaveLength(20);
        expect(collection.every((made) => possible.has(made))).toBe(true);
        expect(await prompts(prompt, { seed, max_prompts: 5 })).toEqual(collection.slice(0, 5));
      }),
    );
    expect(new Set(await prompts(prompt, { max_prompts: 1000 }))).toEqual(possible);
  });

  it('heeds weights', async () => {
    const collection = await prompts('{3::a|b}', { max_prompts: 4000 });
    const a = collection.filter((made) => made === 'a').length;
    // Five standard deviations of a binomial count are 137.
    expect(Math.abs(a - 3000)).toBeLessThan(137);
  });

  it('makes one prompt unless asked for more', async () => {
    expect(await prompts('{a|b}')).toHaveLength(1);
  });
});

describe('faults', () => {
  test.each([
    ['a {b|c', "the prompt at character 3: '{' is never closed: write '\\{' for a brace"],
    ['{a{b}', "the prompt at character 1: '{' is never closed"],
    ['a } b', "the prompt at character 3: '}' closes nothing: write '\\}' for a brace"],
    ['{4$$a|b}', 'the prompt at character 1: takes 4 of 2 options'],
    ['x{2-1$$a|b}', 'the prompt at character 2: takes 2-1 of 2 options'],
    ['{a|0::b}', 'the prompt at character 4: a weight is more than 0'],
  ])('%j', async (prompt, message) => {
    await expect(prompts(prompt)).rejects.toThrow(message);
  });

  test.each([
    ['{'.repeat(100_000), 'more than 1000 groups in braces, or 32 inside each other'],
    ['{a}'.repeat(33_000), 'more than 1000 groups'],
    [`{${'|'.repeat(100_000)}}`, 'more than 10000 options'],
    [`{9999$$${'|'.repeat(9_998)}}`, 'too many options: ask for fewer prompts'],
    ['}'.repeat(100_000), 'closes nothing'],
  ])('%#: 100 kB of hostile text are refused at once', async (prompt, message) => {
    await expect(prompts(prompt, { max_prompts: 10_000, combinatorial: true })).rejects.toThrow(message);
  });

  it.each(['|', '\\', '$$', '::', '1', ' ', '\\{'])('answers 100 kB of %j', async (piece) => {
    const prompt = piece.repeat(100_000 / piece.length);
    expect(await prompts(prompt)).toEqual([piece === '\\{' ? '{'.repeat(50_000) : prompt]);
    await expect(prompts(`{${prompt}`)).rejects.toThrow();
  });

  it('has an answer or an error for any text, within the bounds', async () => {
    const text = fc.string({ unit: fc.constantFrom('{', '}', '|', '$', '$$', '2', '-', ':', '::', '\\', 'a', ' ') });
    await fc.assert(
      fc.asyncProperty(text, fc.boolean(), async (prompt, combinatorial) => {
        const made = await prompts(prompt, { combinatorial, max_prompts: 10 }).catch((error) => error.name);
        if (typeof made === 'string') expect(made).toBe('SyntaxError');
        else expect(made.length).toBeLessThanOrEqual(10);
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses more text than a list may carry, and can be canceled', async () => {
    const prompt = `{a|b}${'x'.repeat(1000)}`;
    await expect(prompts(prompt, { max_prompts: 1000 })).rejects.toThrow(
      'the prompts together would be longer than 200000 characters: ask for fewer prompts',
    );
    const canceled = testContext();
    canceled.canceled = true;
    const inputs = withDefaults(dynamicPromptNode, { prompt: '{a|b}', max_prompts: 10_000 });
    await expect(canceled.run(dynamicPromptNode, inputs)).rejects.toThrow(CanceledError);
  });
});
