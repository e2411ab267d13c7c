import { listDurableObjectIds } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '../../contract/error/problem.ts';
import { DEFAULT_QUEUE_SETTINGS, type Queue } from '../../contract/queue/queue.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';

let admin: Call;
beforeAll(async () => {
  await migrateAccount();
  admin = caller(await makeKey());
});

const create = (json: object) => admin('POST', '/api/v1/queues', { json });

describe('queues', () => {
  test('the default one is there from the start', async () => {
    const queue: Queue = await (await admin('GET', '/api/v1/queues/default')).json();
    expect(queue).toMatchObject({ queue_id: 'default', settings: DEFAULT_QUEUE_SETTINGS });
    expect(Math.abs(Date.parse(queue.created_at) - Date.now())).toBeLessThan(60_000);
  });

  test('one is created once; the same call again answers it, other settings are refused', async () => {
    const first = await create({ queue_id: 'a', settings: { max_attempts: 5 } });
    expect(first.status).toBe(201);
    const queue = await first.json();
    expect(queue).toMatchObject({ queue_id: 'a', settings: { ...DEFAULT_QUEUE_SETTINGS, max_attempts: 5 } });
    const again = await create({ queue_id: 'a', settings: { max_attempts: 5 } });
    expect([again.status, await again.json()]).toEqual([200, queue]);
    const other = await create({ queue_id: 'a' });
    expect(other.status).toBe(409);
    expect(await other.json()).toMatchObject({ code: 'queue_exists' });
    expect(await (await admin('GET', '/api/v1/queues/a')).json()).toEqual(queue);
  });

  test('settings are changed by name; the others stay', async () => {
    await create({ queue_id: 'b', settings: { max_attempts: 5 } });
    const changed = await admin('PATCH', '/api/v1/queues/b', { json: { max_queue_size: 7 } });
    expect(changed.status).toBe(200);
    const settings = { ...DEFAULT_QUEUE_SETTINGS, max_attempts: 5, max_queue_size: 7 };
    expect(await changed.json()).toMatchObject({ queue_id: 'b', settings });
    expect(await (await admin('GET', '/api/v1/queues/b')).json()).toMatchObject({ settings });
    const wrong = await admin('PATCH', '/api/v1/queues/b', { json: { max_attempts: 0, colour: 'red' } });
    expect(wrong.status).toBe(422);
    expect(await (await admin('GET', '/api/v1/queues/b')).json()).toMatchObject({ settings });
  });

  test('one that does not exist is refused before its object is touched', async () => {
    for (const queue_id of ['nowhere', '__proto__', 'constructor', 'a%2Fb', '%00', 'x'.repeat(200)]) {
      for (const path of [`/api/v1/queues/${queue_id}`, `/api/v1/queue/${queue_id}/status`]) {
        const response = await admin('GET', path);
        expect([path, response.status]).toEqual([path, 404]);
      }
    }
    const ids = (await listDurableObjectIds(env.QUEUE)).map(String);
    expect(ids).not.toContain(String(env.QUEUE.idFromName('nowhere')));
    expect(ids).toContain(String(env.QUEUE.idFromName('a')));
  });

  test('a bad id is refused when it is created', async () => {
    for (const queue_id of ['', 'a b', 'a/b', 'x'.repeat(129), 1]) {
      const response = await create({ queue_id });
      expect(response.status).toBe(422);
      const { errors }: Problem = await response.json();
      expect(new Set(errors?.map((fault) => fault.pointer))).toEqual(new Set(['/queue_id']));
    }
  });
});
