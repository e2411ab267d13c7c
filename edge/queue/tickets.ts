/** Tickets of event streams (D15): known by their digest, used once, gone after a minute or with their key. */
import { TICKET_SECONDS } from '../../contract/event/ticket.ts';
import { KEY_TICKETS_MAX, TICKETS_MAX } from '../../contract/limits.ts';
import type { Principal } from '../../contract/store/key.ts';
import { Refusal } from './refusal.ts';
import { lookAfter } from './retention.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

/** Returns when the ticket ends. */
export function issueTicket(turn: Turn, principal: Principal, digest: string): number {
  const { sql, now } = turn;
  sql.all('DELETE FROM tickets WHERE expires_at <= ?', now);
  const { all, own } = sql.one<{ all: number; own: number }>(
    `SELECT COUNT(*) AS "all", COUNT(CASE WHEN principal->>'key_id' = ? THEN 1 END) AS own FROM tickets`,
    principal.key_id,
  );
  if (own >= KEY_TICKETS_MAX)
    throw new Refusal('rate_limited', `The key has ${own} unused tickets; use those, or ask in a minute.`);
  if (all >= TICKETS_MAX) throw new Refusal('rate_limited', `The queue has ${all} unused tickets; ask in a minute.`);
  const expires_at = now + TICKET_SECONDS * 1_000;
  // Which queues the key opens was checked; the ticket opens this one alone.
  const holder: Principal = { ...principal, queue_ids: null };
  sql.all(
    'INSERT INTO tickets (digest, principal, expires_at) VALUES (?, ?, ?)',
    digest,
    JSON.stringify(holder),
    expires_at,
  );
  lookAfter(turn);
  return expires_at;
}

/** Whose the ticket was; null when there is none, or none any more. Asking uses it. */
export function redeemTicket({ sql, now }: Turn, digest: string): Principal | null {
  const row = sql.get<{ principal: string; expires_at: number }>(
    'DELETE FROM tickets WHERE digest = ? RETURNING principal, expires_at',
    digest,
  );
  return row && row.expires_at > now ? (JSON.parse(row.principal) as Principal) : null;
}

/** The tickets of a key end with it. */
export const endTickets = (sql: Sql, key_id: string): void => {
  sql.all(`DELETE FROM tickets WHERE principal->>'key_id' = ?`, key_id);
};
