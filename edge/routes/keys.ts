/**
 * Keys: made, listed, rotated, revoked, by admins; and looked at by whoever holds one. An admin whose key is bound to queues moves within those
 * (docs/decisions/0011-bound-admins.md).
 */
import { z } from 'zod';
import type { Fault } from '../../contract/error/problem.ts';
import { SYSTEM_USER_ID } from '../../contract/known-names.ts';
import { KEYS_MAX } from '../../contract/limits.ts';
import { timestamp } from '../../contract/names.ts';
import {
  CreateKeyBody,
  CreateKeyResult,
  CurrentKey,
  KeyView,
  RotateKeyBody,
  SCOPES,
} from '../../contract/store/key.ts';
import { type AccountDb, accountDb } from '../account/database.ts';
import { closeKeySockets } from '../account/key-sockets.ts';
import {
  bindingsOfUser,
  countKeys,
  createKey,
  findKey,
  isGood,
  type KeyRow,
  listKeys,
  revokeKey,
  rotateKey,
} from '../account/keys.ts';
import { unknownQueues } from '../account/queues.ts';
import { forgetKey } from '../auth/authenticate.ts';
import { KEY_RANDOM_BYTES } from '../auth/key-format.ts';
import { covers, mayActAs } from '../auth/key-making.ts';
import { endpoint } from '../endpoint.ts';
import type { App, AppContext } from '../env.ts';
import { ProblemError } from '../problem.ts';
import { randomBytes } from '../replay.ts';

const tag = 'keys';
const Params = z.object({ key_id: z.string().max(64) });

/** The answer holds a secret. */
const SECRET = { 'cache-control': 'no-store' };

async function checkRoom(db: AccountDb, now: number): Promise<void> {
  if ((await countKeys(db, now)) >= KEYS_MAX)
    throw new ProblemError('conflict', `${KEYS_MAX} keys are good, the most there may be; revoke some.`);
}

async function checkUser(c: AppContext, user_id: string): Promise<void> {
  if (!mayActAs(c.var.principal, user_id, await bindingsOfUser(accountDb(c.env), user_id)))
    throw new ProblemError(
      'forbidden',
      `Your key is bound to queues, and "${user_id}" works in others too; name another user, or ask an unbound admin.`,
    );
}

/** The key, if the caller may know of it. */
async function keyOf(c: AppContext, key_id: string): Promise<KeyRow> {
  const row = await findKey(accountDb(c.env), key_id);
  if (!row || !covers(c.var.principal, row.queue_ids))
    throw new ProblemError('not_found', `There is no key "${key_id}".`);
  return row;
}

export function registerKeysRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'post',
      path: '/api/v1/keys',
      operation_id: 'create_key',
      tag,
      summary: 'Make a key; the answer is the only place where it is ever shown',
      description:
        'An admin whose key is bound to queues makes keys that are bound to some of the same, for users who work ' +
        'nowhere else; they have the rate limit of the key that made them.',
      scopes: ['admin'],
      idempotent: 'account',
      body: CreateKeyBody,
      responses: { 201: { description: 'Made', schema: CreateKeyResult } },
      problems: ['conflict'],
    },
    async (c, { body }) => {
      const db = accountDb(c.env);
      const now = Date.now();
      const { principal } = c.var;
      const queue_ids = body.queue_ids ?? null;
      const isBound = principal.queue_ids !== null;
      const user_id = body.user_id ?? (isBound ? principal.user_id : SYSTEM_USER_ID);
      if (!covers(principal, queue_ids))
        throw new ProblemError('forbidden', 'Your key is bound to queues; bind the new one to some of the same.');
      if (isBound && body.rate_limit)
        throw new ProblemError(
          'forbidden',
          'Your key is bound to queues; leave rate_limit out, or ask an unbound admin.',
        );
      await checkUser(c, user_id);
      const faults: Fault[] = [];
      const unknown = queue_ids ? await unknownQueues(db, queue_ids) : new Set<string>();
      for (const [index, queue_id] of (queue_ids ?? []).entries())
        if (unknown.has(queue_id))
          faults.push({
            pointer: `/queue_ids/${index}`,
            code: 'invalid_value',
            detail: `There is no queue "${queue_id}"; create it first.`,
          });
      if (body.expires_at && Date.parse(body.expires_at) <= now)
        faults.push({ pointer: '/expires_at', code: 'invalid_value', detail: 'Choose a time that is still to come.' });
      if (faults.length > 0)
        throw new ProblemError('validation_failed', 'The key cannot be made like this.', { errors: faults });
      await checkRoom(db, now);
      const rate_limit = isBound ? c.var.rate_limit : body.rate_limit;
      const random = await randomBytes(c, KEY_RANDOM_BYTES);
      return c.json(await createKey(db, { ...body, user_id, rate_limit }, random, now), 201, SECRET);
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: '/api/v1/keys',
      operation_id: 'list_keys',
      tag,
      summary: 'All keys, revoked ones too; never the keys themselves',
      scopes: ['admin'],
      responses: { 200: { description: 'Oldest first', schema: z.array(KeyView) } },
    },
    async (c) => {
      const keys = await listKeys(accountDb(c.env));
      return c.json(keys.filter((key) => covers(c.var.principal, key.queue_ids)));
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: '/api/v1/keys/current',
      operation_id: 'get_current_key',
      tag,
      summary: "What the caller's own key is good for: whose work it does, its scopes and queues",
      description: 'A client learns here which events and items are its own: those of the same user_id.',
      scopes: SCOPES,
      responses: { 200: { description: 'The key of this call', schema: CurrentKey } },
    },
    (c) => {
      const { key_id, user_id, scopes, queue_ids, lane } = c.var.principal;
      const { key_expires_at, rate_limit } = c.var;
      const expires_at = key_expires_at === null ? null : timestamp(key_expires_at);
      const current: CurrentKey = {
        key_id,
        user_id,
        scopes: [...scopes],
        queue_ids: queue_ids && [...queue_ids],
        expires_at,
        lane,
        rate_limit,
      };
      return c.json(current);
    },
  );

  endpoint(
    app,
    {
      method: 'post',
      path: '/api/v1/keys/{key_id}/rotate',
      operation_id: 'rotate_key',
      tag,
      summary: 'Make a key that is what this one is; this one ends after the grace, and its sockets with it',
      description:
        'Name, scopes, user, queues, lane and limit are those of the old key. A key that expires is replaced by one ' +
        'that lives as long as it was made for. A key is rotated once; then rotate its successor.',
      scopes: ['admin'],
      idempotent: 'account',
      params: Params,
      body: RotateKeyBody,
      responses: { 201: { description: 'The new key', schema: CreateKeyResult } },
      problems: ['conflict'],
    },
    async (c, { params: { key_id }, body: { grace_seconds } }) => {
      const db = accountDb(c.env);
      const now = Date.now();
      const old = await keyOf(c, key_id);
      await checkUser(c, old.user_id);
      await checkRoom(db, now);
      const made = await rotateKey(db, old, grace_seconds * 1000, await randomBytes(c, KEY_RANDOM_BYTES), now);
      if (!made)
        throw new ProblemError(
          'conflict',
          old.replaced_by && isGood(old, now)
            ? `The key was rotated to "${old.replaced_by}"; rotate that one.`
            : 'The key has ended, or was rotated just now; make another, or rotate its successor.',
        );
      forgetKey(key_id);
      if (grace_seconds === 0) await closeKeySockets(c.env, old);
      return c.json(made, 201, SECRET);
    },
  );

  endpoint(
    app,
    {
      method: 'delete',
      path: '/api/v1/keys/{key_id}',
      operation_id: 'revoke_key',
      tag,
      summary: 'Revoke a key: refused at once here, everywhere within 30 seconds; its sockets are closed',
      scopes: ['admin'],
      params: Params,
      responses: { 200: { description: 'Revoked; again changes nothing', schema: KeyView } },
    },
    async (c, { params: { key_id } }) => {
      const row = await keyOf(c, key_id);
      const key = await revokeKey(accountDb(c.env), key_id, Date.now());
      if (!key) throw new ProblemError('not_found', `There is no key "${key_id}".`);
      forgetKey(key_id);
      await closeKeySockets(c.env, row);
      return c.json(key);
    },
  );
}
