import { expect, test } from 'vitest';
import { AssignmentError, LineFile, LocalFile, parseAssignment, valuesOfLines } from './assignment.ts';
import type { FieldKind } from './field-kind.ts';

const values = (text: string, holds: FieldKind['holds'] = 'other') =>
  parseAssignment(text).values({ holds, list: false });

test.each([
  ['noise.seed=7', 'noise', 'seed'],
  ['seed=7', null, 'seed'],
  ['my.node:a-1.seed=7', 'my.node:a-1', 'seed'],
  ['noise.seed:=7', 'noise', 'seed'],
  ['prompt=a=b', null, 'prompt'],
])('%s names node %s, field %s', (text, node, field) => {
  expect(parseAssignment(text)).toMatchObject({ node, field });
});

test.each([
  ['x.v=7', [7]],
  ['x.v=-1.5e3', [-1500]],
  ['x.v=007', ['007']],
  ['x.v=true', [true]],
  ['x.v=a red star', ['a red star']],
  ['x.v=', ['']],
  ['x.v=a,b , c', ['a', 'b', 'c']],
  ['x.v="a, b",c', ['a, b', 'c']],
  ['x.v="say ""hi""", "7"', ['say "hi"', '7']],
  ['x.v=1..4', [1, 2, 3, 4]],
  ['x.v=4..1', [4, 3, 2, 1]],
  ['x.v=0..1:0.25', [0, 0.25, 0.5, 0.75, 1]],
  ['x.v=0..0.3:0.1', [0, 0.1, 0.2, 0.3]],
  ['x.v=1..10:4', [1, 5, 9]],
  ['x.v=1..3,10,20..21', [1, 2, 3, 10, 20, 21]],
  ['x.v=1..b', ['1..b']],
  ['x.v:=["a, b","c"]', ['a, b', 'c']],
  ['x.v:={"image_name":"ab"}', [{ image_name: 'ab' }]],
  ['x.v:="1..4"', ['1..4']],
])('%s gives %j', (text, expected) => {
  expect(values(text)).toEqual(expected);
});

test('in a field of text, text stays text', () => {
  expect(values('prompt=7,1..3,true', 'text')).toEqual(['7', '1..3', 'true']);
});

test('an @ names a file: one to store, or where text or numbers stand one of lines', () => {
  expect(values('x.v=@a photo.png, @b,c')).toEqual([new LocalFile('a photo.png'), new LocalFile('b'), 'c']);
  expect(values('x.v="@a",@')).toEqual(['@a', '@']);
  expect(values('x.v=@a,b', 'text')).toEqual([new LineFile('a'), 'b']);
  expect(values('x.v=@a', 'number')).toEqual([new LineFile('a')]);
});

test('a line is read as an element is, and in a field of text it is text whatever it looks like', () => {
  expect(valuesOfLines(['7', '1..3'], { holds: 'number', list: false })).toEqual([7, 1, 2, 3]);
  expect(valuesOfLines(['@a, "b', '7'], { holds: 'text', list: false })).toEqual(['@a, "b', '7']);
});

test('an image may be named by its digest, and a model by its key', () => {
  const digest = 'ab'.repeat(32);
  expect(values(`x.v=${digest},@a.png`, 'image')).toEqual([{ image_name: digest }, new LocalFile('a.png')]);
  expect(values('x.v=tiny-diffusion', 'model')).toEqual([{ key: 'tiny-diffusion' }]);
});

test.each([
  'seed',
  '=7',
  '.seed=7',
  'x.=7',
  'x.v="open',
  'x.v="a" b',
  'x.v=1..5:-1',
  'x.v=1..5:0',
  'x.v=1..99999999',
  'x.v:=[1',
])('%s is refused', (text) => {
  expect(() => values(text)).toThrow(AssignmentError);
});
