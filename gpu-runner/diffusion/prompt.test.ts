import { describe, expect, it } from 'vitest';
import { fragmentsOf, parsePrompt } from './prompt.ts';

/** What a tokenizer makes of spaces. */
const plain = (text: string) => text.replace(/\s+/g, ' ').trim();

/** `text@weight`, the weight left out where it is 1. */
const written = (prompt: string) =>
  fragmentsOf(prompt).map(({ text, weight }) => (weight === 1 ? plain(text) : `${plain(text)}@${+weight.toFixed(6)}`));

describe('a prompt without syntax', () => {
  it.each([
    'a big red star on striped blue',
    '  spaces   stay,  as do "quotes that do not close. And: (what) is not closed'.replace('(what)', '(what'),
    'red-haired, e-mail, x_y, 3.14, 50% off!',
    'a - b + c, --flag, + and - alone',
    'a face :) and another :(',
    'back\\slashes \\ and 5" disks',
    '日本 の 星 ⭐',
    '',
  ])('is one fragment, letter for letter: %j', (prompt) => {
    expect(fragmentsOf(prompt).map(({ text }) => text)).toEqual(prompt === '' ? [] : [prompt]);
    expect(fragmentsOf(prompt).every(({ weight }) => weight === 1)).toBe(true);
  });
});

describe('weights', () => {
  it.each([
    ['a tall man picking apricots+', ['a tall man picking', 'apricots@1.1']],
    ['a tall+++ man-- picking', ['a', 'tall@1.331', 'man@0.81', 'picking']],
    ['picking (green apricots)1.3 now', ['picking', 'green apricots@1.3', 'now']],
    ['picking (green apricots)++', ['picking', 'green apricots@1.21']],
    ['picking (green apricots)-', ['picking', 'green apricots@0.9']],
    ['(a)0 (b)2. (c).5', ['a@0', 'b@2', 'c@0.5']],
    ['a man (picking (apricots)1.3)1.1', ['a man', 'picking@1.1', 'apricots@1.43']],
    ['a man (picking apricots+)++ today', ['a man', 'picking@1.21', 'apricots@1.331', 'today']],
    ['((((a)2)2)2)0.5', ['a@4']],
    ['"a big cat"1.2 on "a mat"', ['a big cat@1.2', 'on a mat']],
    ['(a "b (c)2" d)3', ['a b@3', 'c@6', 'd@3']],
    ['red+ blue+, green', ['red blue@1.1', ', green']],
    ['cat+, dog-.', ['cat@1.1', ',', 'dog@0.9', '.']],
    ['(a) (b)1 c', ['a b c']],
    ['(sun)flower', ['sun flower']],
    ['(a) 1.3', ['a 1.3']],
    ['(a)-0.5', ['a@0.9', '0.5']],
    ['x(a)2y', ['x', 'a@2', 'y']],
  ])('%j', (prompt, expected) => {
    expect(written(prompt)).toEqual(expected);
  });

  it.each([
    ['\\(not a group\\)1.3', ['(not a group)1.3']],
    ['a \\"quoted\\" word', ['a "quoted" word']],
    ['c\\+\\+ \\-', ['c++ -']],
    ['(a \\) b)2', ['a ) b@2']],
    ['cat\\+', ['cat+']],
    ['\\(a\\)+', ['(a)@1.1']],
  ])('but not what is escaped: %j', (prompt, expected) => {
    expect(written(prompt)).toEqual(expected);
  });

  it.each([
    ['(a b', ['(a b']],
    ['a b)2', ['a b)2']],
    ['((a)2', ['(', 'a@2']],
    ['(a))2', ['a )2']],
    ['"a (b" c)2', ['a (b c)2']],
    ['5" (disk)2', ['5"', 'disk@2']],
  ])('nor what has no partner: %j', (prompt, expected) => {
    expect(written(prompt)).toEqual(expected);
  });

  it('have a bound', () => {
    expect(() => fragmentsOf(`a${'+'.repeat(60)}`)).toThrow(/weighs more than 100/);
    expect(() => fragmentsOf('((a)50)50')).toThrow(/weighs more than 100/);
  });

  it('cost the same for each letter, however groups are nested', () => {
    const deep = 100_000;
    expect(fragmentsOf(`${'('.repeat(deep)}a${')'.repeat(deep)}`)).toEqual([{ text: ' a', weight: 1 }]);
    expect(fragmentsOf('('.repeat(deep))).toEqual([{ text: '('.repeat(deep), weight: 1 }]);
    expect(fragmentsOf('"('.repeat(deep))).toHaveLength(1);
    expect(fragmentsOf('a+ b- '.repeat(deep))).toHaveLength(2 * deep);
  });
});

describe('several prompts', () => {
  const parsed = (prompt: string) => {
    const { operator, parts, normalize } = parsePrompt(prompt);
    return [
      operator,
      normalize,
      ...parts.map(({ fragments, weight }) => [fragments.map(({ text }) => plain(text)), weight]),
    ];
  };

  it.each([
    ['plain', ['and', false, [['plain'], 1]]],
    ['("a b", "c").and()', ['and', false, [['a b'], 1], [['c'], 1]]],
    ['("a", "b").add(1, 0.5)', ['and', false, [['a'], 1], [['b'], 0.5]]],
    ['("a", b) .blend(1)', ['and', false, [['a , b .blend 1'], 1]]],
    ['("a, b", (c, d)).blend(0.7, 0.3)', ['blend', true, [['a, b'], 0.7], [['c, d'], 0.3]]],
    ['("a", "b").blend(2, -1, no_normalize)', ['blend', false, [['a'], 2], [['b'], -1]]],
    ['("a", "").blend()', ['blend', true, [['a'], 1], [[], 1]]],
    ['("say \\"a, b\\"", "c").and()', ['and', false, [['say "a, b"'], 1], [['c'], 1]]],
  ])('%j', (prompt, expected) => {
    expect(parsed(prompt)).toEqual(expected);
  });

  it.each([
    ['("a", "b").blend(1)', /\.blend\(\) takes one number for each of its 2 prompts/],
    ['("a", "b").and(1, 2, 3)', /one number for each/],
    ['("a", "b").blend(1, x)', /one number for each/],
    ['("a", "b").and(1, 1000)', /one number for each/],
    ['("a", "b").blend(1, -1)', /a sum above 0/],
    ['a cat.swap(dog)', /do not know \.swap\(\)/],
    ['(a cat).attend(1.3)', /do not know \.attend\(\)/],
  ])('refuses %j', (prompt, message) => {
    expect(() => parsePrompt(prompt)).toThrow(message);
  });
});
