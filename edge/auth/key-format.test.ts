import { describe, expect, test } from 'vitest';
import { formatKey, keyIdOf } from './key-format.ts';

const random = (seed: number) => Uint8Array.from({ length: 128 }, (_, at) => (seed * 31 + at * 97) % 256);

describe('a key', () => {
  test('names its id and carries a checksum', () => {
    const { key_id, key } = formatKey(random(1));
    expect(key).toMatch(/^sy_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}$/);
    expect(key.slice(3, 15)).toBe(key_id);
    expect(keyIdOf(key)).toBe(key_id);
  });

  test('with any one character changed is refused without a look-up', () => {
    const { key } = formatKey(random(2));
    for (let at = 0; at < key.length; at++) {
      const changed = key.slice(0, at) + (key[at] === 'x' ? 'y' : 'x') + key.slice(at + 1);
      expect(keyIdOf(changed), changed).toBeNull();
    }
  });

  test.each(['', 'sy_', 'sk-123', ' ', `sy_${'a'.repeat(12)}_${'b'.repeat(38)}`])('%j is none', (text) => {
    expect(keyIdOf(text)).toBeNull();
  });

  test('needs enough random bytes', () => {
    expect(() => formatKey(new Uint8Array(20))).toThrow(RangeError);
    expect(() => formatKey(new Uint8Array(128).fill(255))).toThrow(RangeError);
  });
});
