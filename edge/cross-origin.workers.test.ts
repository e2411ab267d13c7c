import { beforeAll, describe, expect, test } from 'vitest';
import { allowsOrigin } from './cross-origin.ts';
import { caller, callerOf, makeKey, migrateAccount } from './testing/account.ts';

let key: string;
beforeAll(async () => {
  await migrateAccount();
  key = await makeKey();
});

const APP = 'https://app.example';
const ALLOWED = { ALLOWED_ORIGINS: `${APP}, http://localhost:5173/` };
const corsHeaders = (response: Response) => [...response.headers.keys()].filter((name) => name.startsWith('access-'));

test.each([
  [undefined, APP, false],
  ['', APP, false],
  ['', '', false],
  [APP, APP, true],
  [`${APP}/`, APP, true],
  [`http://a, ${APP}`, APP, true],
  [APP, 'https://app.example.evil.example', false],
  [APP, 'http://app.example', false],
  [APP, 'null', false],
  ['*', APP, true],
])('ALLOWED_ORIGINS=%s and %s: %s', (setting, origin, allowed) => {
  expect(allowsOrigin(setting, origin)).toBe(allowed);
});

describe('a page of an allowed origin', () => {
  test('may call, and reads the headers that clients need', async () => {
    const response = await callerOf(ALLOWED, key)('GET', '/api/v1/queues', { headers: { origin: APP } });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe(APP);
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect(response.headers.get('vary')).toContain('Origin');
    const exposed = response.headers.get('access-control-expose-headers')?.split(',');
    const needed = ['RateLimit', 'RateLimit-Policy', 'Retry-After', 'ETag', 'Location', 'Preference-Applied'];
    expect(exposed).toEqual(expect.arrayContaining([...needed, 'Content-Range', 'X-Request-Id']));
  });

  test('reads why it was refused', async () => {
    const response = await callerOf(ALLOWED, null)('GET', '/api/v1/queues', { headers: { origin: APP } });
    expect(response.status).toBe(401);
    expect(response.headers.get('access-control-allow-origin')).toBe(APP);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  test('asks before it calls, without a key', async () => {
    const headers = {
      origin: APP,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization,idempotency-key',
    };
    const response = await callerOf(ALLOWED, null)('OPTIONS', '/api/v1/queues/default', { headers });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(APP);
    expect(response.headers.get('access-control-allow-methods')).toContain('PATCH');
    const allowed = response.headers.get('access-control-allow-headers')?.split(',');
    const needed = ['Authorization', 'Idempotency-Key', 'Prefer', 'Last-Event-ID', 'If-None-Match', 'Range'];
    expect(allowed).toEqual(expect.arrayContaining([...needed, 'traceparent', 'Content-Type']));
    expect(Number(response.headers.get('access-control-max-age'))).toBeGreaterThan(0);
  });
});

test('a page of another origin is not told that it may read', async () => {
  const response = await callerOf(ALLOWED, key)('GET', '/api/v1/queues', {
    headers: { origin: 'https://evil.example' },
  });
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
  expect(response.headers.get('vary')).toContain('Origin');
});

test('without the setting there are no CORS headers', async () => {
  const response = await caller(key)('GET', '/api/v1/queues', { headers: { origin: APP } });
  expect(corsHeaders(response)).toEqual([]);
  expect((await caller(null)('OPTIONS', '/api/v1/queues', { headers: { origin: APP } })).status).toBe(405);
});

describe('a socket', () => {
  const open = (settings: object, origin?: string) =>
    callerOf(settings, key)('GET', '/api/v1/queue/default/events', {
      headers: { upgrade: 'websocket', ...(origin ? { origin } : {}) },
    });

  test.each([
    ['of no page', {}, undefined],
    ["of a page of the Worker's own host", {}, 'https://switchyard.test'],
    ['of an allowed page', ALLOWED, APP],
    ['where every page is allowed', { ALLOWED_ORIGINS: '*' }, 'https://anybody.example'],
  ])('%s opens', async (_, settings, origin) => {
    const response = await open(settings, origin);
    expect(response.status).toBe(101);
    response.webSocket?.accept();
    response.webSocket?.close(1000);
  });

  test.each([
    ['of a foreign page', {}, APP],
    ['of a page that is not named', ALLOWED, 'https://evil.example'],
    ['of a page without an origin', ALLOWED, 'null'],
  ])('%s is refused', async (_, settings, origin) => {
    const response = await open(settings, origin);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'forbidden' });
  });
});
