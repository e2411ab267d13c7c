import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { listEntries } from './account/audit.ts';
import { accountDb } from './account/database.ts';
import { createApp } from './app.ts';
import { sha256Hex } from './digest.ts';
import { endpoint } from './endpoint.ts';
import type { App } from './env.ts';
import { type Idempotency, idempotencyOf } from './idempotency.ts';
import { makeKey, migrateAccount } from './testing/account.ts';

const Answer = z.object({ key: z.string(), body_hash: z.string() }).nullable();

/** A Worker with one more route, which creates something in a queue. */
function appWithRoute(): App {
  const app = createApp();
  endpoint(
    app,
    {
      method: 'post',
      path: '/api/v1/queue/{queue_id}/things',
      operation_id: 'create_thing',
      tag: 'queue',
      summary: 'For these tests',
      scopes: ['enqueue'],
      audit: true,
      idempotent: 'queue',
      body: z.object({ name: z.string() }),
      responses: { 201: { description: 'Made', schema: Answer } },
    },
    async (c) => c.json(await idempotencyOf(c), 201),
  );
  return app;
}

let app: App;
let admin: string;
let ann: string;
beforeAll(async () => {
  await migrateAccount();
  await env.DB.exec("INSERT INTO queues (queue_id, settings, created_at) VALUES ('other', '{}', 0)");
  app = appWithRoute();
  [admin, ann] = [await makeKey(), await makeKey({ scopes: ['enqueue'], user_id: 'ann' })];
});

interface Attempt {
  key?: string;
  queue_id?: string;
  body?: string;
  header?: string;
}

async function attempt({ key = ann, queue_id = 'default', body = '{"name":"a"}', header }: Attempt) {
  const headers: Record<string, string> = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  if (header !== undefined) headers['idempotency-key'] = header;
  const url = `https://switchyard.test/api/v1/queue/${queue_id}/things`;
  return app.fetch(new Request(url, { method: 'POST', headers, body }), env);
}
const named = async (wanted: Attempt): Promise<Idempotency | null> => (await attempt(wanted)).json();

describe('an attempt at a queue', () => {
  test('is named by principal, address and header, and has the hash of its bytes', async () => {
    const first = await named({ header: 'one' });
    expect(first).toEqual({
      key: expect.stringMatching(/^[0-9a-f]{64}$/),
      body_hash: await sha256Hex('{"name":"a"}'),
    });
    expect(await named({ header: '"one"' })).toEqual(first);
    const others: Attempt[] = [{ header: 'two' }, { header: 'one', key: admin }, { header: 'one', queue_id: 'other' }];
    for (const other of others) expect((await named(other))?.key).not.toBe(first?.key);
    expect(await named({ header: 'one', body: '{"name": "a"}' })).toEqual({
      key: first?.key,
      body_hash: await sha256Hex('{"name": "a"}'),
    });
  });

  test('has no name where the caller gives none, and a broken one is refused', async () => {
    expect(await named({})).toBeNull();
    expect((await attempt({ header: '"' })).status).toBe(400);
  });
});

test('where others may call too, what admins do is recorded', async () => {
  const entries = () => listEntries(accountDb(env), null, 10);
  const before = (await entries()).length;
  await attempt({ key: ann });
  expect(await entries()).toHaveLength(before);
  await attempt({ key: admin, body: '{"name":"mine"}' });
  await attempt({ key: admin, queue_id: 'nowhere' });
  const [refused, made] = await entries();
  expect(made).toMatchObject({ operation_id: 'create_thing', status: 201, asked: { body: { name: 'mine' } } });
  expect(refused).toMatchObject({ operation_id: 'create_thing', status: 404, asked: null });
});
