/** Who calls where a ticket does instead of a key. */
import { accountDb } from '../account/database.ts';
import { findKey, isGood } from '../account/keys.ts';
import { queueVersion } from '../account/queues.ts';
import { sha256Hex } from '../digest.ts';
import type { AppContext, Env } from '../env.ts';
import { ProblemError } from '../problem.ts';
import { remoteQueue, unwrap } from '../remote-queue.ts';
import { authenticate, BOOTSTRAP_KEY_ID } from './authenticate.ts';

const PATTERN = /^st_[0-9A-Za-z_-]{43}$/;
const TICKET_BYTES = 32;

/** A new ticket from random bytes. */
export const formatTicket = (random: Uint8Array): string =>
  `st_${btoa(String.fromCharCode(...random))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')}`;

export const freshTicket = (): string => formatTicket(crypto.getRandomValues(new Uint8Array(TICKET_BYTES)));

const NOBODY = { key_id: '', user_id: '', scopes: [], queue_ids: null, lane: 0 };

/** Which of unknown, used and expired it was is not told. */
const refused = () =>
  new ProblemError('unauthenticated', 'The ticket is not valid: each opens one stream, for a minute. Ask for another.');

/** With `?ticket=` the ticket says who calls, and is used by it; else the key does. */
export async function authenticateByTicket(c: AppContext, next: () => Promise<void>): Promise<void> {
  const ticket = c.req.query('ticket');
  if (ticket === undefined) return authenticate(c, next);
  const now = Date.now();
  const queue_id = c.req.param('queue_id') ?? '';
  // Neither a text that is no ticket nor a queue that does not exist may touch an object.
  const version = PATTERN.test(ticket) ? await queueVersion(accountDb(c.env), queue_id, now) : null;
  if (version === null) throw refused();
  const call = { queue_id, version, principal: NOBODY };
  const digest = await sha256Hex(ticket);
  const principal = unwrap(await remoteQueue(c.env, queue_id).command(call, 'redeem_ticket', digest));
  if (principal === null) throw refused();
  const key = await keyOf(c.env, principal.key_id, now);
  if (key === null) throw refused();
  c.set('principal', principal);
  c.set('rate_limit', key.rate_limit);
  c.set('key_expires_at', key.expires_at);
  await next();
}

/** What the key is now; null when it has ended since the ticket was made. */
async function keyOf(env: Env, key_id: string, now: number) {
  if (key_id === BOOTSTRAP_KEY_ID) return env.BOOTSTRAP_KEY_HASH ? { rate_limit: null, expires_at: null } : null;
  const row = await findKey(accountDb(env), key_id);
  return row && isGood(row, now) ? row : null;
}
