/** Keys as rows: made, found by their hash, listed, revoked. */
import { and, asc, count, eq, isNull } from 'drizzle-orm';
import { timestamp } from '../../contract/names.ts';
import type { CreateKeyBody, CreateKeyResult, KeyView } from '../../contract/store/key.ts';
import { formatKey } from '../auth/key-format.ts';
import { sha256Hex } from '../digest.ts';
import type { AccountDb } from './database.ts';
import { keys } from './schema.ts';

export type KeyRow = typeof keys.$inferSelect;

const view = (row: KeyRow): KeyView => ({
  key_id: row.key_id,
  name: row.name,
  scopes: row.scopes,
  user_id: row.user_id,
  queue_ids: row.queue_ids,
  created_at: timestamp(row.created_at),
  expires_at: row.expires_at === null ? null : timestamp(row.expires_at),
  revoked_at: row.revoked_at === null ? null : timestamp(row.revoked_at),
});

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
  };
  await db.insert(keys).values(row);
  return { ...view(row), key };
}

export async function findKey(db: AccountDb, key_id: string): Promise<KeyRow | null> {
  return (await db.select().from(keys).where(eq(keys.key_id, key_id)).get()) ?? null;
}

export async function countKeys(db: AccountDb): Promise<number> {
  return (await db.select({ keys: count() }).from(keys).where(isNull(keys.revoked_at)).get())?.keys ?? 0;
}

export async function listKeys(db: AccountDb): Promise<KeyView[]> {
  return (await db.select().from(keys).orderBy(asc(keys.created_at), asc(keys.key_id))).map(view);
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
