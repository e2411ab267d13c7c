/** The sockets that a key opened end with it: the objects of its queues are told. */
import { and, desc, eq, isNotNull, isNull, lte, or, sql } from 'drizzle-orm';
import { CACHE_MS, forgetKey } from '../auth/authenticate.ts';
import type { Env } from '../env.ts';
import { remoteQueue } from '../remote-queue.ts';
import { type AccountDb, accountDb } from './database.ts';
import type { KeyRow } from './keys.ts';
import { listQueues } from './queues.ts';
import { keys } from './schema.ts';

/** Objects that are called at once. */
const PARALLEL = 16;
/** Keys in one sweep; what it leaves, the next takes. */
const SWEPT_AT_ONCE = 100;

/** Those that exist: to ask for another object would create it. */
async function queuesOf(db: AccountDb, { queue_ids }: Pick<KeyRow, 'queue_ids'>): Promise<string[]> {
  const all = (await listQueues(db)).map((queue) => queue.queue_id);
  if (queue_ids === null) return all;
  const bound = new Set(queue_ids);
  return all.filter((queue_id) => bound.has(queue_id));
}

/** Tells every queue that the key opens, and whether all of them have heard it. */
export async function closeKeySockets(env: Env, key: Pick<KeyRow, 'key_id' | 'queue_ids'>): Promise<boolean> {
  const waiting = await queuesOf(accountDb(env), key);
  let heard = true;
  const worker = async () => {
    for (let queue_id = waiting.pop(); queue_id !== undefined; queue_id = waiting.pop())
      try {
        await remoteQueue(env, queue_id).closeKey(key.key_id);
      } catch (error) {
        heard = false;
        const { key_id } = key;
        console.error(
          JSON.stringify({
            level: 'error',
            message: 'sockets were not closed',
            key_id,
            queue_id,
            error: String(error),
          }),
        );
      }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return heard;
}

/** A queue that cannot be told for so long has moved and restarted, and has no socket left of that time. */
const GIVEN_UP_MS = 24 * 60 * 60 * 1000;

/**
 * Closes what keys that have ended left open; called by the clock. An isolate may let a key in for CACHE_MS after it
 * has ended, so that a key is done with only when it was closed after that.
 */
export async function closeEndedKeys(env: Env, now: number): Promise<number> {
  const db = accountDb(env);
  const ended = await db
    .select()
    .from(keys)
    .where(and(isNull(keys.closed_at), or(isNotNull(keys.revoked_at), lte(keys.expires_at, now))))
    .orderBy(desc(sql`coalesce(${keys.revoked_at}, ${keys.expires_at})`))
    .limit(SWEPT_AT_ONCE);
  for (const key of ended) {
    forgetKey(key.key_id);
    const ended_at = Math.min(key.revoked_at ?? Number.POSITIVE_INFINITY, key.expires_at ?? Number.POSITIVE_INFINITY);
    const heard = await closeKeySockets(env, key);
    if (now > ended_at + (heard ? CACHE_MS : GIVEN_UP_MS))
      await db.update(keys).set({ closed_at: now }).where(eq(keys.key_id, key.key_id));
  }
  return ended.length;
}
