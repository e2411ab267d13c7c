import { describe, expect, it, test } from 'vitest';
import { LIST_ITEMS_MAX, TEXT_LENGTH_MAX } from '../bounds.ts';
import type { Node } from '../node.ts';
import { testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { stringCaseNode } from './string-case.ts';
import { stringContainsNode } from './string-contains.ts';
import { stringJoinNode } from './string-join.ts';
import { stringJoinCollectionNode } from './string-join-collection.ts';
import { stringJoinThreeNode } from './string-join-three.ts';
import { stringLengthNode } from './string-length.ts';
import { stringLinesNode } from './string-lines.ts';
import { stringSplitNode } from './string-split.ts';
import { stringSplitAllNode } from './string-split-all.ts';
import { stringSplitNegNode } from './string-split-neg.ts';
import { stringTrimNode } from './string-trim.ts';

const context = testContext();
const run = (node: Node, inputs: Record<string, unknown>) => context.run(node, withDefaults(node, inputs));

describe('joining', () => {
  it('puts texts together', async () => {
    expect(await run(stringJoinNode, { string_left: 'a', string_right: 'b' })).toEqual({ value: 'ab' });
    expect(await run(stringJoinNode, {})).toEqual({ value: '' });
    expect(await run(stringJoinThreeNode, { string_left: 'a', string_right: 'c' })).toEqual({ value: 'ac' });
    expect(await run(stringJoinThreeNode, { string_left: 'a', string_middle: '\n', string_right: 'c' })).toEqual({
      value: 'a\nc',
    });
    expect(await run(stringJoinCollectionNode, { collection: ['a', '', 'c'], separator: ', ' })).toEqual({
      value: 'a, , c',
    });
    expect(await run(stringJoinCollectionNode, { collection: [], separator: ', ' })).toEqual({ value: '' });
  });

  it('makes a text as long as a text may be, and none that is longer', async () => {
    const string_left = 'x'.repeat(TEXT_LENGTH_MAX - 1);
    expect((await run(stringJoinNode, { string_left, string_right: 'y' })).value).toHaveLength(TEXT_LENGTH_MAX);
    await expect(run(stringJoinNode, { string_left, string_right: 'yz' })).rejects.toThrow(
      'the text would be longer than 200000 characters',
    );
    // 20 GB: the check comes before the text.
    const collection = new Array(LIST_ITEMS_MAX).fill('');
    await expect(run(stringJoinCollectionNode, { collection, separator: string_left })).rejects.toThrow('longer than');
  });
});

describe('string_split', () => {
  test.each([
    ['a,b,c', ',', 'a', 'b,c'],
    ['a, b', ', ', 'a', 'b'],
    [',a', ',', '', 'a'],
    ['abc', ';', 'abc', ''],
    ['', ',', '', ''],
    ['  big  red cat', '', 'big', 'red cat'],
    ['big\nred', '', 'big', 'red'],
    ['big ', '', 'big', ''],
    ['big', '', 'big', ''],
    ['   ', '', '', ''],
  ])('%j at %j', async (string, delimiter, string_1, string_2) => {
    expect(await run(stringSplitNode, { string, delimiter })).toEqual({ string_1, string_2 });
  });

  it('string_split_all splits everywhere, and may be undone', async () => {
    expect(await run(stringSplitAllNode, { string: 'a,,b' })).toEqual({ collection: ['a', '', 'b'] });
    const { collection } = await run(stringSplitAllNode, { string: 'one and two and three', delimiter: ' and ' });
    expect(await run(stringJoinCollectionNode, { collection, separator: ' and ' })).toEqual({
      value: 'one and two and three',
    });
    await expect(run(stringSplitAllNode, { string: ','.repeat(LIST_ITEMS_MAX) })).rejects.toThrow('100001 elements');
  });
});

test.each([
  ['a cat [ugly, blurry] on a mat', 'a cat  on a mat', ' ugly, blurry'],
  ['[a]b[c]', 'b', ' a c'],
  ['x[a[b]c]y', 'xy', ' a bc'],
  ['a \\[b\\] c', 'a \\[b\\] c', ''],
  ['a \\\\[b]', 'a \\\\', ' b'],
  ['a] b [c]', 'a b ', ' c'],
  ['a [b', 'a ', ' b'],
  ['', '', ''],
])('string_split_neg: %j', async (string, positive_string, negative_string) => {
  expect(await run(stringSplitNegNode, { string })).toEqual({ positive_string, negative_string });
});

test.each([
  ['LOWER', 'the ÉCLAIR of o’HARA\n2nd'.toLowerCase()],
  ['UPPER', 'THE ÉCLAIR OF O’HARA\n2ND'],
  ['CAPITALIZE', 'The éclair of o’hara\n2nd'],
  ['TITLE', 'The Éclair Of O’hara\n2nd'],
])('string_case: %s', async (operation, value) => {
  expect(await run(stringCaseNode, { string: 'the ÉCLAIR of o’HARA\n2nd', operation })).toEqual({ value });
});

it('string_case leaves an empty text empty, and a letter beyond 16 bits whole', async () => {
  expect(await run(stringCaseNode, { string: '', operation: 'CAPITALIZE' })).toEqual({ value: '' });
  expect(await run(stringCaseNode, { string: '𐐨𐐀', operation: 'CAPITALIZE' })).toEqual({ value: '𐐀𐐨' });
});

it('string_case refuses a text that its letters would make too long', async () => {
  expect(await run(stringCaseNode, { string: 'ß'.repeat(100_000), operation: 'UPPER' })).toMatchObject({
    value: 'SS'.repeat(100_000),
  });
  const letters = 'ß'.repeat(100_001);
  await expect(run(stringCaseNode, { string: letters, operation: 'UPPER' })).rejects.toThrow('longer than 200000');
});

test.each([
  ['both', 'a  b'],
  ['start', 'a  b \n'],
  ['end', '\t a  b'],
])('string_trim: %s', async (side, value) => {
  expect(await run(stringTrimNode, { string: '\t a  b \n', side })).toEqual({ value });
});

it('string_length counts characters, not their halves', async () => {
  expect(await run(stringLengthNode, { string: 'a😀é' })).toEqual({ value: 3 });
  expect(await run(stringLengthNode, {})).toEqual({ value: 0 });
});

test.each([
  ['a red cat', 'RED', false, false],
  ['a red cat', 'RED', true, true],
  ['a red cat', '', false, true],
  ['a red cat', '', true, true],
  ['', 'a', true, false],
  ['price (1.5$)', '(1.5$)', true, true],
  ['price (1x5$)', '(1.5$)', true, false],
])('string_contains: %j has %j (ignore_case %s): %s', async (string, search_string, ignore_case, value) => {
  expect(await run(stringContainsNode, { string, search_string, ignore_case })).toEqual({ value });
});

describe('string_lines', () => {
  const text = ' one \r\ntwo\n\nfour\rfive\n';

  test.each([
    [{}, ['one']],
    [{ max_prompts: 0 }, ['one', 'two', '', 'four', 'five']],
    [{ start_line: 2, max_prompts: 2 }, ['two', '']],
    [{ start_line: 5, max_prompts: 9 }, ['five']],
    [{ start_line: 6, max_prompts: 0 }, []],
    [{ start_line: 4, max_prompts: 2, pre_prompt: 'a ', post_prompt: ' cat' }, ['a four cat', 'a five cat']],
  ])('%j', async (inputs, collection) => {
    expect(await run(stringLinesNode, { text, ...inputs })).toEqual({ collection });
  });

  it('takes nothing out of nothing', async () => {
    expect(await run(stringLinesNode, { text: '', max_prompts: 0 })).toEqual({ collection: [] });
  });

  it('refuses more than a list or a text may hold', async () => {
    const inputs = { text: '\n'.repeat(LIST_ITEMS_MAX + 1), max_prompts: 0 };
    await expect(run(stringLinesNode, inputs)).rejects.toThrow('100001 elements');
    await expect(
      run(stringLinesNode, { text: 'a\n'.repeat(1000), max_prompts: 0, pre_prompt: 'x'.repeat(200) }),
    ).rejects.toThrow('longer than 200000 characters');
  });
});
