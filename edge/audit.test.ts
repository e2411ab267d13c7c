import { describe, expect, test } from 'vitest';
import { shortened } from './audit.ts';

describe('what was asked', () => {
  test('is kept as it came while it is small', () => {
    const asked = { params: { key: 'sd15' }, query: {}, body: { name: 'a', scopes: ['read'], lane: 3, flag: null } };
    expect(shortened(asked)).toEqual(asked);
  });

  test('has no secrets, wherever they stand', () => {
    const asked = { body: { webhook: { client_secret: 's', url: 'u', tokens: ['a'] }, PASSWORD: { a: 1 } } };
    expect(shortened(asked)).toEqual({
      body: { webhook: { client_secret: '[secret]', url: 'u', tokens: '[secret]' }, PASSWORD: '[secret]' },
    });
  });

  test('is shortened where it is long, deep or wide', () => {
    const deep = { a: { b: { c: { d: { e: { f: 1 } } } } } };
    expect(shortened(deep)).toEqual({ a: { b: { c: { d: { e: '…' } } } } });
    const short = shortened({ list: Array(30).fill(1), text: 'x'.repeat(1_000) }) as { list: unknown[]; text: string };
    expect(short.list).toHaveLength(21);
    expect(short.list.at(-1)).toBe('… 10 more');
    expect(short.text).toBe(`${'x'.repeat(200)}…`);
  });

  test('never exceeds what a row is for', () => {
    const wide = Array.from({ length: 20 }, () => ({ a: 'x'.repeat(300), b: 'y'.repeat(300) }));
    expect(shortened({ params: {}, query: {}, body: wide })).toEqual({ too_long: ['params', 'query', 'body'] });
  });
});
