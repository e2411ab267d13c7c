import { describe, expect, test } from 'vitest';
import { parseIdempotencyKey } from './idempotency.ts';

describe('an Idempotency-Key', () => {
  test.each([
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    [' a+/=: ', 'a+/=:'],
    ['"with a space, a comma; and \\"quotes\\" \\\\"', 'with a space, a comma; and "quotes" \\'],
    ['x'.repeat(255), 'x'.repeat(255)],
    [`"${'x'.repeat(255)}"`, 'x'.repeat(255)],
  ])('%j is %j', (header, key) => {
    expect(parseIdempotencyKey(header)).toBe(key);
  });

  test.each(['', '""', '"', '"a', 'a"', 'a, b', 'a b', '"a";p=1', '"a\\b"', 'ä', '"ä"', 'x'.repeat(256)])(
    '%j is none',
    (header) => {
      expect(parseIdempotencyKey(header)).toBeNull();
    },
  );
});
