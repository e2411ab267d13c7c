import { beforeAll, describe, expect, test } from 'vitest';
import { callerOf, makeKey, migrateAccount } from '../testing/account.ts';

beforeAll(migrateAccount);

const QUEUES = '/api/v1/queues';

describe('the limit of the deployment', () => {
  test('lets so many calls pass, tells how many are left, and refuses the next', async () => {
    const call = callerOf({ RATE_LIMIT: '2;w=100' }, await makeKey({ scopes: ['read'] }));
    const first = await call('GET', QUEUES);
    expect(first.status).toBe(200);
    expect(first.headers.get('ratelimit-policy')).toBe('"default";q=2;w=100');
    expect(first.headers.get('ratelimit')).toBe('"default";r=1;t=50');
    expect((await call('GET', `${QUEUES}/nowhere`)).headers.get('ratelimit')).toMatch(/^"default";r=0;t=(99|100)$/);
    const refused = await call('GET', QUEUES);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: 'rate_limited' });
    expect(refused.headers.get('ratelimit')).toMatch(/^"default";r=0;t=(49|50)$/);
    expect(refused.headers.get('retry-after')).toMatch(/^(49|50)$/);
  });

  test('is for each key by itself', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(async () => callerOf({ RATE_LIMIT: '1;w=100' }, await makeKey({ scopes: ['read'] }))),
    );
    expect((await one?.('GET', QUEUES))?.status).toBe(200);
    expect((await one?.('GET', QUEUES))?.status).toBe(429);
    expect((await two?.('GET', QUEUES))?.status).toBe(200);
  });

  test("gives way to the key's own", async () => {
    const key = await makeKey({ scopes: ['read'], rate_limit: { requests: 3, seconds: 10 } });
    const call = callerOf({ RATE_LIMIT: '1;w=100' }, key);
    for (const left of [2, 1, 0])
      expect((await call('GET', QUEUES)).headers.get('ratelimit')).toContain(`"key";r=${left};`);
    const refused = await call('GET', QUEUES);
    expect([refused.status, refused.headers.get('ratelimit-policy')]).toEqual([429, '"key";q=3;w=10']);
  });

  test('does not hold a runner back where runners may call, and does where they may not', async () => {
    const call = callerOf({ RATE_LIMIT: '1;w=100' }, await makeKey({ scopes: ['runner', 'admin'] }));
    for (let times = 0; times < 4; times++) {
      const response = await call('GET', QUEUES);
      expect([response.status, response.headers.get('ratelimit')]).toEqual([200, null]);
    }
    expect((await call('GET', '/api/v1/keys')).status).toBe(200);
    expect((await call('GET', '/api/v1/keys')).status).toBe(429);
  });

  test('is none where none is set, and a broken setting lets nobody think that there is one', async () => {
    const key = await makeKey({ scopes: ['read'] });
    for (let times = 0; times < 3; times++) {
      const response = await callerOf({}, key)('GET', QUEUES);
      expect([response.status, response.headers.get('ratelimit-policy')]).toEqual([200, null]);
    }
    expect((await callerOf({ RATE_LIMIT: '100 a minute' }, key)('GET', QUEUES)).status).toBe(500);
  });
});
