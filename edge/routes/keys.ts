/** Keys: made, listed, revoked, by admins. An admin whose key is bound to queues moves within those. */
import { z } from 'zod';
import type { Fault } from '../../contract/error/problem.ts';
import { KEYS_MAX } from '../../contract/limits.ts';
import { SYSTEM_USER_ID } from '../../contract/names.ts';
import { CreateKeyBody, CreateKeyResult, KeyView, type Principal } from '../../contract/store/key.ts';
import { accountDb } from '../account/database.ts';
import { countKeys, createKey, findKey, listKeys, revokeKey } from '../account/keys.ts';
import { unknownQueues } from '../account/queues.ts';
import { forgetKey } from '../auth/authenticate.ts';
import { opensQueue } from '../auth/require.ts';
import { endpoint } from '../endpoint.ts';
import type { App } from '../env.ts';
import { ProblemError } from '../problem.ts';

const tag = 'keys';

/** Whether everything that a key bound to `queue_ids` opens is open to the principal as well. */
const covers = (principal: Principal, queue_ids: readonly string[] | null): boolean =>
  queue_ids === null ? principal.queue_ids === null : queue_ids.every((queue_id) => opensQueue(principal, queue_id));

export function registerKeysRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'post',
      path: '/api/v1/keys',
      operation_id: 'create_key',
      tag,
      summary: 'Make a key; the answer is the only place where it is ever shown',
      scopes: ['admin'],
      body: CreateKeyBody,
      responses: { 201: { description: 'Made', schema: CreateKeyResult } },
      problems: ['conflict'],
    },
    async (c, { body }) => {
      const db = accountDb(c.env);
      const now = Date.now();
      const queue_ids = body.queue_ids ?? null;
      if (!covers(c.var.principal, queue_ids))
        throw new ProblemError('forbidden', 'Your key is bound to queues; bind the new one to some of the same.');
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
      if ((await countKeys(db)) >= KEYS_MAX)
        throw new ProblemError('conflict', `There are ${KEYS_MAX} keys, the most there may be; revoke some.`);
      const wanted = { ...body, user_id: body.user_id ?? SYSTEM_USER_ID };
      const key = await createKey(db, wanted, crypto.getRandomValues(new Uint8Array(128)), now);
      return c.json(key, 201, { 'cache-control': 'no-store' });
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
      method: 'delete',
      path: '/api/v1/keys/{key_id}',
      operation_id: 'revoke_key',
      tag,
      summary: 'Revoke a key: refused at once here, everywhere within 30 seconds',
      scopes: ['admin'],
      params: z.object({ key_id: z.string().max(64) }),
      responses: { 200: { description: 'Revoked; again changes nothing', schema: KeyView } },
    },
    async (c, { params: { key_id } }) => {
      const db = accountDb(c.env);
      const row = await findKey(db, key_id);
      const key = row && covers(c.var.principal, row.queue_ids) ? await revokeKey(db, key_id, Date.now()) : null;
      if (!key) throw new ProblemError('not_found', `There is no key "${key_id}".`);
      forgetKey(key_id);
      return c.json(key);
    },
  );
}
