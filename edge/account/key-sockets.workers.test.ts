import { createScheduledController } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { CreateKeyResult } from '../../contract/store/key.ts';
import type { Env } from '../env.ts';
import worker from '../index.ts';
import { type Call, caller, callerOf, makeKey, migrateAccount } from '../testing/account.ts';
import { accountDb } from './database.ts';
import { closeEndedKeys } from './key-sockets.ts';
import { findKey } from './keys.ts';

const configuration = import.meta.glob('../../wrangler.toml', { query: '?raw', import: 'default', eager: true });

let key: string;
let admin: Call;
const QUEUES = ['default', ...Array.from({ length: 40 }, (_, index) => `q${index}`)];

beforeAll(async () => {
  await migrateAccount();
  key = await makeKey();
  admin = caller(key);
  const rows = QUEUES.slice(1).map((queue_id) => `('${queue_id}', '{}', 0)`);
  await env.DB.exec(`INSERT INTO queues (queue_id, settings, created_at) VALUES ${rows.join(', ')}`);
});

/** Objects that write down which keys they were told of, and how many were asked at once; some cannot be reached. */
class ToldQueues {
  readonly told: [queue_id: string, key_id: string][] = [];
  readonly unreachable = new Set<string>();
  most = 0;
  #now = 0;

  get settings(): Pick<Env, 'QUEUE'> {
    const QUEUE = {
      idFromName: (queue_id: string) => queue_id,
      get: (queue_id: string) => ({
        closeKey: async (key_id: string) => {
          this.most = Math.max(this.most, ++this.#now);
          await Promise.resolve();
          this.#now--;
          if (this.unreachable.has(queue_id)) throw new Error('it moved');
          this.told.push([queue_id, key_id]);
        },
      }),
    };
    return { QUEUE: QUEUE as unknown as Env['QUEUE'] };
  }

  queuesToldOf(key_id: string): string[] {
    return this.told.filter(([, told]) => told === key_id).map(([queue_id]) => queue_id);
  }
}

const make = async (json: object): Promise<CreateKeyResult> =>
  (await admin('POST', '/api/v1/keys', { json: { name: 'a', scopes: ['read'], ...json } })).json();
const closedAt = async (key_id: string) => (await findKey(accountDb(env), key_id))?.closed_at;

describe('a key that is revoked', () => {
  test('is closed in the queues that it is bound to, and in no other', async () => {
    const queues = new ToldQueues();
    const made = await make({ queue_ids: ['q1', 'q2'] });
    const response = await callerOf(queues.settings, key)('DELETE', `/api/v1/keys/${made.key_id}`);
    expect(response.status).toBe(200);
    expect(queues.queuesToldOf(made.key_id).sort()).toEqual(['q1', 'q2']);
  });

  test('is closed in every queue when it is bound to none, so many at once', async () => {
    const queues = new ToldQueues();
    const made = await make({});
    await callerOf(queues.settings, key)('DELETE', `/api/v1/keys/${made.key_id}`);
    expect(queues.queuesToldOf(made.key_id).sort()).toEqual([...QUEUES].sort());
    expect(queues.most).toBe(16);
  });

  test('is revoked where a queue cannot be reached, which is told later, and all once more', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const queues = new ToldQueues();
    queues.unreachable.add('q1');
    const made = await make({ queue_ids: ['q1', 'q2'] });
    const revoked = await callerOf(queues.settings, key)('DELETE', `/api/v1/keys/${made.key_id}`);
    expect(revoked.status).toBe(200);
    expect(queues.queuesToldOf(made.key_id)).toEqual(['q2']);
    const late = Date.now() + 31_000;
    await closeEndedKeys({ ...env, ...queues.settings }, late);
    expect(await closedAt(made.key_id)).toBeNull();
    const logged = log.mock.calls.map(([line]) => JSON.parse(String(line)));
    expect(logged.filter((line) => line.key_id === made.key_id && line.queue_id === 'q1')).toHaveLength(2);
    await closeEndedKeys({ ...env, ...queues.settings }, late + 23 * 60 * 60 * 1000);
    expect(await closedAt(made.key_id)).toBeNull();
    log.mockRestore();
    queues.unreachable.clear();
    await closeEndedKeys({ ...env, ...queues.settings }, late);
    expect(queues.queuesToldOf(made.key_id)).toEqual(expect.arrayContaining(['q1', 'q2']));
    expect(await closedAt(made.key_id)).toBe(late);
  });
});

describe('a key that is rotated', () => {
  test('is closed at once without a grace', async () => {
    const queues = new ToldQueues();
    const made = await make({ queue_ids: ['q3'] });
    const path = `/api/v1/keys/${made.key_id}/rotate`;
    await callerOf(queues.settings, key)('POST', path, { json: { grace_seconds: 0 } });
    expect(queues.queuesToldOf(made.key_id)).toEqual(['q3']);
  });

  test('is closed when the grace has ended, and again after an isolate may have let it in', async () => {
    const queues = new ToldQueues();
    const made = await make({ queue_ids: ['q3'] });
    const path = `/api/v1/keys/${made.key_id}/rotate`;
    const rotated = await callerOf(queues.settings, key)('POST', path, { json: { grace_seconds: 600 } });
    const { key_id } = await rotated.json<CreateKeyResult>();
    const sweep = (seconds: number) => closeEndedKeys({ ...env, ...queues.settings }, Date.now() + seconds * 1000);
    await sweep(590);
    expect(queues.queuesToldOf(made.key_id)).toEqual([]);
    await sweep(601);
    expect(queues.queuesToldOf(made.key_id)).toEqual(['q3']);
    expect(await closedAt(made.key_id)).toBeNull();
    await sweep(640);
    await sweep(700);
    expect(queues.queuesToldOf(made.key_id)).toEqual(['q3', 'q3']);
    expect(queues.queuesToldOf(key_id)).toEqual([]);
  });
});

test('a key that expires is closed', async () => {
  const queues = new ToldQueues();
  const made = await make({ queue_ids: ['q4'], expires_at: new Date(Date.now() + 5_000).toISOString() });
  await closeEndedKeys({ ...env, ...queues.settings }, Date.now() + 6_000);
  expect(queues.queuesToldOf(made.key_id)).toEqual(['q4']);
});

test('every minute the clock closes keys that have ended, and nothing else', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const queues = new ToldQueues();
  const made = await make({ queue_ids: ['q5'], expires_at: new Date(Date.now() + 5_000).toISOString() });
  const tick = (cron: string) =>
    worker.scheduled(createScheduledController({ cron, scheduledTime: new Date(Date.now() + 6_000) }), {
      ...env,
      ...queues.settings,
    });
  await tick('* * * * *');
  expect(queues.queuesToldOf(made.key_id)).toEqual(['q5']);
  expect(log).not.toHaveBeenCalled();
  log.mockRestore();
});

test('the times of the clock are those that the Worker knows', () => {
  expect(Object.values(configuration)[0]).toContain('crons = ["* * * * *", "17 * * * *"]');
});
