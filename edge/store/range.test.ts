import { describe, expect, test } from 'vitest';
import { namesEtag, parseRange } from './range.ts';

describe('a byte range', () => {
  test.each([
    ['bytes=0-0', { offset: 0, length: 1 }],
    ['bytes=2-4', { offset: 2, length: 3 }],
    ['bytes=7-', { offset: 7, length: 3 }],
    ['bytes=7-99', { offset: 7, length: 3 }],
    ['bytes=-4', { offset: 6, length: 4 }],
    ['bytes=-99', { offset: 0, length: 10 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    [undefined, 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=4-2', 'whole'],
    ['bytes=0-1,4-5', 'whole'],
    ['lines=1-2', 'whole'],
    ['bytes=a-b', 'whole'],
    ['bytes=99999999999999999999-', 'whole'],
  ])('%s of ten bytes', (header, expected) => {
    expect(parseRange(header, 10)).toEqual(expected);
  });

  test('nothing of an empty object can be had', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(parseRange('bytes=-1', 0)).toBe('unsatisfiable');
  });
});

test('an entity tag is found in a list, weak or strong', () => {
  expect(namesEtag('"a", W/"b"', '"b"')).toBe(true);
  expect(namesEtag('*', '"b"')).toBe(true);
  expect(namesEtag('"a"', '"b"')).toBe(false);
});
