/** Who calls: a key in the Authorization header, checked against its stored hash. */

import { SYSTEM_USER_ID } from '../../contract/known-names.ts';
import { type Principal, type RateLimit, SCOPES } from '../../contract/store/key.ts';
import { accountDb } from '../account/database.ts';
import { findKey } from '../account/keys.ts';
import { IsolateCache } from '../cache.ts';
import { equalDigests, sha256Hex } from '../digest.ts';
import type { AppContext, Env } from '../env.ts';
import { ProblemError } from '../problem.ts';
import { keyIdOf } from './key-format.ts';

/** How long an isolate may go on with what it knows: a revoked key dies everywhere within this time. */
export const CACHE_MS = 30_000;

interface KnownKey {
  principal: Principal;
  rate_limit: RateLimit | null;
  expires_at: number | null;
}

/** By the hash of the key. Refusals are not kept: they would let a stranger push valid keys out. */
const known = new IsolateCache<KnownKey>(10_000);

/** Called where a key is revoked, so that at least this isolate knows at once. */
export const forgetKey = (key_id: string): void => known.deleteWhere((entry) => entry.principal.key_id === key_id);

const unauthenticated = (detail: string) =>
  new ProblemError('unauthenticated', detail, { headers: { 'www-authenticate': 'Bearer realm="switchyard"' } });

export const BOOTSTRAP_KEY_ID = 'bootstrap';

const BOOTSTRAP: KnownKey = {
  principal: {
    key_id: BOOTSTRAP_KEY_ID,
    user_id: SYSTEM_USER_ID,
    scopes: SCOPES.filter((scope) => scope !== 'runner'),
    queue_ids: null,
    lane: 0,
  },
  rate_limit: null,
  expires_at: null,
};

async function findGoodKey(env: Env, key: string, now: number): Promise<KnownKey | null> {
  const hash = await sha256Hex(key);
  if (env.BOOTSTRAP_KEY_HASH && equalDigests(hash, env.BOOTSTRAP_KEY_HASH.trim().toLowerCase())) return BOOTSTRAP;
  const key_id = keyIdOf(key);
  if (key_id === null) return null;
  let entry = known.get(hash, now);
  if (!entry) {
    const row = await findKey(accountDb(env), key_id);
    if (!row || !equalDigests(row.hash, hash) || row.revoked_at !== null) return null;
    const { user_id, scopes, queue_ids, lane, rate_limit, expires_at } = row;
    entry = { principal: { key_id, user_id, scopes, queue_ids, lane }, rate_limit, expires_at };
    known.set(hash, entry, now + CACHE_MS);
  }
  return entry.expires_at !== null && entry.expires_at <= now ? null : entry;
}

/** The key of the Authorization header; null when there is none that could be one. */
export const bearerOf = (c: AppContext): string | null =>
  /^Bearer +([\x21-\x7e]{1,256})$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? null;

/** Which of unknown, revoked and expired it was is not told: a stolen key must not be told apart by trying it. */
export async function authenticate(c: AppContext, next: () => Promise<void>): Promise<void> {
  if (c.req.header('authorization') === undefined) throw unauthenticated('Send a key: "Authorization: Bearer sy_…".');
  const bearer = bearerOf(c);
  const key = bearer === null ? null : await findGoodKey(c.env, bearer, Date.now());
  if (!key) throw unauthenticated('The key is not valid; it may be mistyped, expired or revoked.');
  c.set('principal', key.principal);
  c.set('rate_limit', key.rate_limit);
  c.set('key_expires_at', key.expires_at);
  await next();
}
