import { expect, test } from 'vitest';
import { equalDigests, hex, sha256Hex } from './digest.ts';

test('a digest is lower-case hexadecimal', async () => {
  expect(hex(Uint8Array.of(0, 15, 255))).toBe('000fff');
  expect(await sha256Hex('hello')).toBe('2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824');
});

test('digests are equal only when all of them is', () => {
  expect(equalDigests('abc', 'abc')).toBe(true);
  for (const other of ['abd', 'ab', 'abcd', '', 'bbc']) expect(equalDigests('abc', other)).toBe(false);
});
