/** Who calls: a key in the Authorization header, checked against its stored hash. */

import { SYSTEM_USER_ID } from '../../contract/names.ts';
import { type Principal, SCOPES } from '../../contract/store/key.ts';
import { accountDb } from '../account/database.ts';
import { findKey } from '../account/keys.ts';
import { IsolateCache } from '../cache.ts';
import { equalDigests, sha256Hex } from '../digest.ts';
import type { AppContext, Env } from '../env.ts';
import { ProblemError } from '../problem.ts';
import { keyIdOf } from './key-format.ts';

/** How long an isolate may go on with what it knows: a revoked key dies everywhere within this time. */
const CACHE_MS = 30_000;

interface KnownKey {
  principal: Principal;
  expires_at: number | null;
}

/** By the hash of the key. Refusals are not kept: they would let a stranger push valid keys out. */
const known = new IsolateCache<KnownKey>(10_000);

/** Called where a key is revoked, so that at least this isolate knows at once. */
export const forgetKey = (key_id: string): void => known.deleteWhere((entry) => entry.principal.key_id === key_id);

const unauthenticated = (detail: string) =>
  new ProblemError('unauthenticated', detail, { headers: { 'www-authenticate': 'Bearer realm="switchyard"' } });

const BOOTSTRAP: Principal = {
  key_id: 'bootstrap',
  user_id: SYSTEM_USER_ID,
  scopes: SCOPES.filter((scope) => scope !== 'runner'),
  queue_ids: null,
  lane: 0,
};

async function findPrincipal(env: Env, key: string, now: number): Promise<Principal | null> {
  const hash = await sha256Hex(key);
  if (env.BOOTSTRAP_KEY_HASH && equalDigests(hash, env.BOOTSTRAP_KEY_HASH.trim().toLowerCase())) return BOOTSTRAP;
  const key_id = keyIdOf(key);
  if (key_id === null) return null;
  let entry = known.get(hash, now);
  if (!entry) {
    const row = await findKey(accountDb(env), key_id);
    if (!row || !equalDigests(row.hash, hash) || row.revoked_at !== null) return null;
    const { user_id, scopes, queue_ids, expires_at } = row;
    entry = { principal: { key_id, user_id, scopes, queue_ids, lane: 0 }, expires_at };
    known.set(hash, entry, now + CACHE_MS);
  }
  return entry.expires_at !== null && entry.expires_at <= now ? null : entry.principal;
}

/** Which of unknown, revoked and expired it was is not told: a stolen key must not be told apart by trying it. */
export async function authenticate(c: AppContext, next: () => Promise<void>): Promise<void> {
  const header = c.req.header('authorization');
  if (header === undefined) throw unauthenticated('Send a key: "Authorization: Bearer sy_…".');
  const match = /^Bearer +([\x21-\x7e]{1,256})$/i.exec(header);
  const principal = match?.[1] ? await findPrincipal(c.env, match[1], Date.now()) : null;
  if (!principal) throw unauthenticated('The key is not valid; it may be mistyped, expired or revoked.');
  c.set('principal', principal);
  await next();
}
