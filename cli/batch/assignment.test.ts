import { expect, test } from 'vitest';
import { AssignmentError, LocalFile, parseAssignment } from './assignment.ts';

const values = (text: string, present?: unknown) => parseAssignment(text).values(present);

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
  ['x.v=0..1..0.25', [0, 0.25, 0.5, 0.75, 1]],
  ['x.v=0..0.3..0.1', [0, 0.1, 0.2, 0.3]],
  ['x.v=1..10..4', [1, 5, 9]],
  ['x.v=1..3,10,20..21', [1, 2, 3, 10, 20, 21]],
  ['x.v=1..b', ['1..b']],
  ['x.v:=["a, b","c"]', ['a, b', 'c']],
  ['x.v:={"image_name":"ab"}', [{ image_name: 'ab' }]],
  ['x.v:="1..4"', ['1..4']],
])('%s gives %j', (text, expected) => {
  expect(values(text)).toEqual(expected);
});

test('where text stood, text stays text', () => {
  expect(values('prompt=7,1..3,true', 'a star')).toEqual(['7', '1..3', 'true']);
});

test('an @ names a file, but not where text stands or is quoted', () => {
  expect(values('x.v=@a photo.png, @b,c')).toEqual([new LocalFile('a photo.png'), new LocalFile('b'), 'c']);
  expect(values('x.v="@a",@')).toEqual(['@a', '@']);
  expect(values('x.v=@a', 'text')).toEqual(['@a']);
});

test.each([
  'seed',
  '=7',
  '.seed=7',
  'x.=7',
  'x.v="open',
  'x.v="a" b',
  'x.v=1..5..-1',
  'x.v=1..5..0',
  'x.v=1..99999999',
  'x.v:=[1',
])('%s is refused', (text) => {
  expect(() => values(text)).toThrow(AssignmentError);
});
