import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { CLOSE_KEY_ENDED } from '../../contract/event/close-codes.ts';
import type { CreateKeyResult } from '../../contract/store/key.ts';
import { ENGINE_VERSION, PROTOCOL_VERSION } from '../../contract/version.ts';
import { closeEndedKeys } from '../account/key-sockets.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { TestSocket } from '../testing/socket.ts';

let admin: Call;
beforeAll(async () => {
  await migrateAccount();
  admin = caller(await makeKey());
  for (const queue_id of ['one', 'two']) await admin('POST', '/api/v1/queues', { json: { queue_id } });
});

const create = async (json: object = {}): Promise<CreateKeyResult> =>
  (await admin('POST', '/api/v1/keys', { json: { name: 'a', scopes: ['read'], ...json } })).json();
const rotate = async (key_id: string, grace_seconds: number): Promise<CreateKeyResult> =>
  (await admin('POST', `/api/v1/keys/${key_id}/rotate`, { json: { grace_seconds } })).json();

const events = (queue_id: string, key: string) => TestSocket.open(`/api/v1/queue/${queue_id}/events`, key);

/** The code that the socket was closed with. */
async function closed(socket: TestSocket): Promise<number | undefined> {
  await socket.until(() => socket.closed !== null);
  return socket.closed?.code;
}

/** Whether the socket still answers. */
async function answers(socket: TestSocket): Promise<boolean> {
  socket.send('ping');
  await socket.until(() => socket.closed !== null || socket.messages.some(({ name }) => name === 'pong'));
  return socket.closed === null;
}

describe('the sockets of a key', () => {
  test('are closed when it is revoked, in every queue, and those of other keys are not [E158]', async () => {
    const [made, other] = [await create(), await create()];
    const [one, two, others] = await Promise.all([
      events('one', made.key),
      events('two', made.key),
      events('one', other.key),
    ]);
    await admin('DELETE', `/api/v1/keys/${made.key_id}`);
    expect(await Promise.all([one, two].map(closed))).toEqual([CLOSE_KEY_ENDED, CLOSE_KEY_ENDED]);
    expect(await answers(others)).toBe(true);
    await expect(events('one', made.key)).rejects.toThrow('401');
  });

  test('of a runner are closed too', async () => {
    const runner = await create({ scopes: ['runner'], queue_ids: ['one'] });
    const registered = await caller(runner.key)('POST', '/api/v1/queue/one/runner/register', {
      json: {
        protocol: PROTOCOL_VERSION,
        runner_id: 'r1',
        name: 'r1',
        engine: ENGINE_VERSION,
        types: {},
        devices: [{ id: 'cpu' }],
      },
    });
    const { epoch } = await registered.json<{ epoch: number }>();
    const path = `/api/v1/queue/one/runner/socket?runner_id=r1&epoch=${epoch}`;
    const socket = await TestSocket.open(path, runner.key);
    await admin('DELETE', `/api/v1/keys/${runner.key_id}`);
    expect(await closed(socket)).toBe(CLOSE_KEY_ENDED);
  });

  test('outlive a rotation until its grace has ended; those of its successor go on', async () => {
    const old = await create({ queue_ids: ['one'] });
    const before = await events('one', old.key);
    const made = await rotate(old.key_id, 60);
    const after = await events('one', made.key);
    await closeEndedKeys(env, Date.now() + 59_000);
    expect(await answers(before)).toBe(true);
    await closeEndedKeys(env, Date.now() + 61_000);
    expect(await closed(before)).toBe(CLOSE_KEY_ENDED);
    expect(await answers(after)).toBe(true);
  });

  test('end at once with a rotation without grace', async () => {
    const old = await create({ queue_ids: ['two'] });
    const socket = await events('two', old.key);
    await rotate(old.key_id, 0);
    expect(await closed(socket)).toBe(CLOSE_KEY_ENDED);
  });
});
