/** Keys as rows: made, found, listed, rotated, revoked. */
import { and, asc, count, eq, gt, isNull, notExists, or, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import { timestamp } from '../../contract/names.ts';
import type { CreateKeyBody, CreateKeyResult, KeyView } from '../../contract/store/key.ts';
import { formatKey } from '../auth/key-format.ts';
import { sha256Hex } from '../digest.ts';
import type { AccountDb } from './database.ts';
import { keys } from './schema.ts';

/** The table again, where a statement compares two of its rows. */
const replaced = alias(keys, 'replaced');

export type KeyRow = typeof keys.$inferSelect;

const time = (ms: number | null): string | null => (ms === null ? null : timestamp(ms));

const view = (row: KeyRow): KeyView => ({
  key_id: row.key_id,
  name: row.name,
  scopes: row.scopes,
  user_id: row.user_id,
  queue_ids: row.queue_ids,
  created_at: timestamp(row.created_at),
  expires_at: time(row.expires_at),
  revoked_at: time(row.revoked_at),
  lane: row.lane,
  rate_limit: row.rate_limit,
  replaced_by: row.replaced_by,
});

/** Whether the key is good at `now`: neither revoked nor expired. */
export const isGood = (row: Pick<KeyRow, 'revoked_at' | 'expires_at'>, now: number): boolean =>
  row.revoked_at === null && (row.expires_at === null || row.expires_at > now);

/** The same random bytes again, from a call that is repeated, give the key that is there already. */
export async function createKey(
  db: AccountDb,
  wanted: CreateKeyBody & { user_id: string },
  random: Uint8Array,
  now: number,
): Promise<CreateKeyResult> {
  const { key_id, key } = formatKey(random);
  const row: KeyRow = {
    key_id,
    hash: await sha256Hex(key),
    name: wanted.name,
    scopes: [...new Set(wanted.scopes)],
    user_id: wanted.user_id,
    queue_ids: wanted.queue_ids ? [...new Set(wanted.queue_ids)] : null,
    created_at: now,
    expires_at: wanted.expires_at ? Date.parse(wanted.expires_at) : null,
    revoked_at: null,
    lane: wanted.lane ?? 0,
    rate_limit: wanted.rate_limit ?? null,
    replaced_by: null,
    closed_at: null,
  };
  const [, stored] = await db.batch([
    db.insert(keys).values(row).onConflictDoNothing(),
    db.select().from(keys).where(eq(keys.key_id, key_id)),
  ]);
  return { ...view(stored[0] ?? row), key };
}

/**
 * A new key that is what `old` was, which ends when the grace does, or earlier if it would have anyway. A lifetime is
 * kept as a length. Of several callers one gets a key; the others null, as for a key that is no longer good.
 */
export async function rotateKey(
  db: AccountDb,
  old: KeyRow,
  grace_ms: number,
  random: Uint8Array,
  now: number,
): Promise<CreateKeyResult | null> {
  const { key_id, key } = formatKey(random);
  const lifetime = old.expires_at === null ? null : old.expires_at - old.created_at;
  const row: KeyRow = {
    ...old,
    key_id,
    hash: await sha256Hex(key),
    created_at: now,
    expires_at: lifetime === null ? null : now + lifetime,
    replaced_by: null,
  };
  const ends_at = now + grace_ms;
  const found = await db.batch([
    db
      .update(keys)
      .set({ replaced_by: key_id, expires_at: sql`min(coalesce(${keys.expires_at}, ${ends_at}), ${ends_at})` })
      .where(
        and(
          eq(keys.key_id, old.key_id),
          isNull(keys.replaced_by),
          isNull(keys.revoked_at),
          or(isNull(keys.expires_at), gt(keys.expires_at, now)),
        ),
      ),
    db.insert(keys).values(row).onConflictDoNothing(),
    // Another caller was first, or the key has ended meanwhile: all four are one transaction.
    db.delete(keys).where(
      and(
        eq(keys.key_id, key_id),
        notExists(
          db
            .select({ one: sql`1` })
            .from(replaced)
            .where(and(eq(replaced.key_id, old.key_id), eq(replaced.replaced_by, key_id))),
        ),
      ),
    ),
    db.select().from(keys).where(eq(keys.key_id, key_id)),
  ]);
  const made = found[3][0];
  return made ? { ...view(made), key } : null;
}

export async function findKey(db: AccountDb, key_id: string): Promise<KeyRow | null> {
  return (await db.select().from(keys).where(eq(keys.key_id, key_id)).get()) ?? null;
}

/** Those that are good at `now`. */
export async function countKeys(db: AccountDb, now: number): Promise<number> {
  const good = and(isNull(keys.revoked_at), or(isNull(keys.expires_at), gt(keys.expires_at, now)));
  return (await db.select({ keys: count() }).from(keys).where(good).get())?.keys ?? 0;
}

export async function listKeys(db: AccountDb): Promise<KeyView[]> {
  return (await db.select().from(keys).orderBy(asc(keys.created_at), asc(keys.key_id))).map(view);
}

/** What every key that the user ever had opened, the ended ones too: what it did with them is still the user's. */
export async function bindingsOfUser(db: AccountDb, user_id: string): Promise<(string[] | null)[]> {
  const rows = await db.select({ queue_ids: keys.queue_ids }).from(keys).where(eq(keys.user_id, user_id));
  return rows.map((row) => row.queue_ids);
}

/** The queue is gone: its keys open no other that takes its id. Those that opened nothing else end with it. */
export async function unbindKeys(db: AccountDb, queue_id: string, now: number): Promise<void> {
  await db.batch([
    db
      .update(keys)
      .set({ revoked_at: now })
      .where(and(eq(keys.queue_ids, [queue_id]), isNull(keys.revoked_at))),
    db
      .update(keys)
      .set({
        queue_ids: sql`(SELECT json_group_array(value) FROM json_each(${keys.queue_ids}) WHERE value <> ${queue_id})`,
      })
      .where(
        sql`json_array_length(${keys.queue_ids}) > 1
          AND EXISTS (SELECT 1 FROM json_each(${keys.queue_ids}) WHERE value = ${queue_id})`,
      ),
  ]);
}

/** Revoking twice keeps the first time; null when there is no such key. */
export async function revokeKey(db: AccountDb, key_id: string, now: number): Promise<KeyView | null> {
  await db
    .update(keys)
    .set({ revoked_at: now })
    .where(and(eq(keys.key_id, key_id), isNull(keys.revoked_at)));
  const row = await findKey(db, key_id);
  return row ? view(row) : null;
}
