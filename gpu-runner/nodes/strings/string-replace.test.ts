import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { CanceledError } from '../node.ts';
import { testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { stringReplaceNode } from './string-replace.ts';

const context = testContext();
const replace = (string: string, search_string: string, replace_string: string, use_regex: boolean) =>
  context.run(stringReplaceNode, withDefaults(stringReplaceNode, { string, search_string, replace_string, use_regex }));

describe('literally', () => {
  test.each([
    ['A cat and a CAT', 'cat', 'dog', 'A dog and a dog'],
    ['a.b.c', '.', '-', 'a-b-c'],
    ['(a) $1 \\d', '$1', '\\1', '(a) \\1 \\d'],
    ['(a) $1 \\d', '\\D', '$&', '(a) $1 $&'],
    ['[x]{2}', '[X]{2}', '', ''],
    ['abc', '', 'x', 'abc'],
    ['STRASSE', 'strasse', 'Weg', 'Weg'],
    ['a-b/c', '-B/', '+', 'a+c'],
  ])('%j: %j by %j', async (string, search, replacement, value) => {
    expect(await replace(string, search, replacement, false)).toEqual({ value });
  });

  it('does what split and join do, where the case agrees', async () => {
    const small = fc.string({ unit: fc.constantFrom('a', 'b', '.', '\\', '$') });
    await fc.assert(
      fc.asyncProperty(small, small, small, async (string, search, replacement) => {
        const value = search === '' ? string : string.split(search).join(replacement);
        expect(await replace(string, search, replacement, false)).toEqual({ value });
      }),
    );
  });
});

describe('by a regular expression', () => {
  test.each([
    ['a1b22', '\\d+', '#', 'a#b#'],
    ['red cat', '(\\w+) (\\w+)', '\\2 \\1', 'cat red'],
    ['red cat', '(?P<colour>\\w+) cat', '\\g<colour> dog', 'red dog'],
    ['red cat', '(?P<colour>\\w+) cat', '[\\g<1>] [\\g<0>]', '[red] [red cat]'],
    ['ab', '(a)|(b)', '<\\1\\2>', '<a><b>'],
    ['a,b', ',', '\\n\\t\\\\', 'a\n\t\\b'],
    ['a b', ' ', '$1$&', 'a$1$&b'],
    ['Cat cat', 'cat', 'x', 'Cat x'],
    ['Cat cat', '(?i)cat', 'x', 'x x'],
    ['abc', 'x*', '-', '-a-b-c-'],
    ['😀a😀', '.', '!', '!!!'],
    ['one\ntwo', '(?m)^', '> ', '> one\n> two'],
    ['', 'a', 'b', ''],
  ])('%j: %j by %j', async (string, search, replacement, value) => {
    expect(await replace(string, search, replacement, true)).toEqual({ value });
  });

  test.each([
    ['(', '', 'search_string is no regular expression of RE2: '],
    ['(?=a)', '', 'search_string is no regular expression of RE2: '],
    ['(a)\\1', '', 'search_string is no regular expression of RE2: '],
    ['(a)', '\\2', "the replacement names group '2', and the expression has no such group"],
    ['(a)', '\\g<name>', "the replacement names group 'name'"],
    ['(a)', '\\g<__proto__>', "the replacement names group '__proto__'"],
    ['(a)', '\\g<', "'\\g' in the replacement means nothing"],
    ['(a)', '\\q', "'\\q' in the replacement means nothing"],
    ['(a)', 'x\\', "'\\' in the replacement means nothing"],
  ])('%j by %j is refused', async (search, replacement, message) => {
    await expect(replace('aa', search, replacement, true)).rejects.toThrow(message);
  });

  it('is as fast as ever where a backtracking engine never ends', async () => {
    const string = `${'a'.repeat(100_000)}!`;
    expect(await replace(string, '^(a+)+$', 'x', true)).toEqual({ value: string });
    expect(await replace(string, '(a|a)*b', 'x', true)).toEqual({ value: string });
  });

  it.each([
    ['repetitions', '(a{90}){10}b', 100_000],
    ['groups', `(?:${'(a?)'.repeat(200)})*$`, 10_000],
  ])('refuses an expression whose %s are too many for its text', async (_, search, length) => {
    await expect(replace('a'.repeat(length), search, 'x', true)).rejects.toThrow('too large for a text of this length');
    expect(await replace('a', search, 'x', true)).toEqual({ value: expect.any(String) });
  });

  it('answers any expression and replacement, with a text or an error that says why', async () => {
    const piece = fc.constantFrom(
      '(',
      ')',
      '(?:',
      '(?i)',
      '[',
      ']',
      '^',
      '-',
      '{2}',
      '*',
      '?',
      '|',
      '\\',
      'b',
      '\\pL',
      '$',
      'a',
    );
    const pattern = fc.string({ unit: piece, minLength: 1 });
    const replacement = fc.string({ unit: fc.constantFrom('\\', '1', 'g', '<', '>', '0', 'n', '$') });
    await fc.assert(
      fc.asyncProperty(pattern, replacement, async (search, by) => {
        const answer = await replace('ab-a^(é', search, by, true).then(
          ({ value }) => typeof value,
          (error) => error.name,
        );
        expect(['string', 'SyntaxError']).toContain(answer);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses a result that is too long before it is made', async () => {
    await expect(replace('a'.repeat(100_000), 'a', 'x'.repeat(100_000), true)).rejects.toThrow('longer than 200000');
    await expect(replace('a'.repeat(100_000), 'A', 'x'.repeat(100_000), false)).rejects.toThrow('longer than 200000');
  });

  it('can be canceled between matches', async () => {
    const canceled = testContext();
    canceled.canceled = true;
    // Each match looks at the whole rest of the text for a "z".
    const inputs = { string: 'a'.repeat(50_000), search_string: 'a.*z|a', replace_string: 'b', use_regex: true };
    const run = canceled.run(stringReplaceNode, withDefaults(stringReplaceNode, inputs));
    await expect(run).rejects.toThrow(CanceledError);
  });
});
