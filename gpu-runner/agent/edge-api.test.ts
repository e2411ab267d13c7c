import { expect, test } from 'vitest';
import { EdgeApi } from './edge-api.ts';

test('what is no name of an asset never becomes a part of an address', async () => {
  const address = { url: 'http://127.0.0.1:1', key: 'k', queue_id: 'default' };
  const api = new EdgeApi(address, new AbortController().signal);
  for (const name of ['../keys', 'a'.repeat(63), `${'a'.repeat(64)}?queue_id=other`])
    await expect(api.getAsset(name)).rejects.toMatchObject({
      status: 404,
      message: `"${name}" is no name of an asset`,
    });
});
