import { describe, expect, test } from 'vitest';
import { derivedBytes, freshIv, seal, unseal } from './sealed.ts';

const TEXT = JSON.stringify({ key: 'sy_secret', text: 'ä'.repeat(100_000) });

describe('what is sealed', () => {
  test('is read again by who sealed it', async () => {
    const sealed = await seal(TEXT, 'bearer', 'salt', freshIv());
    expect(sealed).not.toContain('secret');
    expect(await unseal(sealed, 'bearer', 'salt')).toBe(TEXT);
  });

  test('is read by nobody else, under no other salt, and not once it was changed', async () => {
    const sealed = await seal(TEXT, 'bearer', 'salt', freshIv());
    await expect(unseal(sealed, 'another', 'salt')).rejects.toThrow();
    await expect(unseal(sealed, 'bearer', 'other')).rejects.toThrow();
    await expect(
      unseal(
        sealed.replace(/.(?=.{9}$)/, (one) => (one === 'A' ? 'B' : 'A')),
        'bearer',
        'salt',
      ),
    ).rejects.toThrow();
  });

  test('differs each time', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => seal(TEXT, 'bearer', 'salt', freshIv())));
    expect(one).not.toBe(two);
  });
});

test('derived bytes are the same for the same bearer and salt alone', async () => {
  const bytes = await derivedBytes('bearer', 'salt', 128);
  expect(bytes).toHaveLength(128);
  expect(await derivedBytes('bearer', 'salt', 128)).toEqual(bytes);
  expect(await derivedBytes('bearer', 'other', 128)).not.toEqual(bytes);
  expect(await derivedBytes('another', 'salt', 128)).not.toEqual(bytes);
});
