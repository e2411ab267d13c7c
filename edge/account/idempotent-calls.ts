/** Calls with an Idempotency-Key as rows: who runs one, and what it was answered. */
import { and, eq, inArray, isNull, lte } from 'drizzle-orm';
import { IDEMPOTENCY_KEPT_MS, type Idempotency } from '../idempotency.ts';
import type { AccountDb } from './database.ts';
import { idempotentCalls } from './schema.ts';

type Row = typeof idempotentCalls.$inferSelect;

/** A call that has run for so long died on the way: requests end sooner. */
const RUN_MS_MAX = 60_000;

export type Begun =
  /** This call runs it; `salt` is that of the first that tried. */
  | { state: 'run'; salt: string }
  | { state: 'answered'; salt: string; answer: string }
  | { state: 'running' }
  | { state: 'other_body' };

/** Of several calls with the key one runs; when it died or broke, one of those that come later takes over. */
export async function beginCall(
  db: AccountDb,
  { key, body_hash }: Idempotency,
  salt: string,
  now: number,
): Promise<Begun> {
  const ofKey = eq(idempotentCalls.idempotency_key, key);
  const row = { idempotency_key: key, body_hash, salt, answer: null, started_at: now };
  const [, inserted, taken, found] = await db.batch([
    db.delete(idempotentCalls).where(and(ofKey, lte(idempotentCalls.expires_at, now))),
    db
      .insert(idempotentCalls)
      .values({ ...row, expires_at: now + IDEMPOTENCY_KEPT_MS })
      .onConflictDoNothing()
      .returning(),
    db
      .update(idempotentCalls)
      .set({ started_at: now })
      .where(
        and(
          ofKey,
          isNull(idempotentCalls.answer),
          eq(idempotentCalls.body_hash, body_hash),
          lte(idempotentCalls.started_at, now - RUN_MS_MAX),
        ),
      )
      .returning(),
    db.select().from(idempotentCalls).where(ofKey),
  ]);
  const mine = inserted[0] ?? taken[0];
  return mine ? { state: 'run', salt: mine.salt } : standing(found[0], body_hash);
}

function standing(row: Row | undefined, body_hash: string): Begun {
  if (!row) throw new Error('the call was neither begun nor found');
  if (row.body_hash !== body_hash) return { state: 'other_body' };
  return row.answer === null ? { state: 'running' } : { state: 'answered', salt: row.salt, answer: row.answer };
}

export async function keepAnswer(db: AccountDb, key: string, answer: string): Promise<void> {
  await db.update(idempotentCalls).set({ answer }).where(eq(idempotentCalls.idempotency_key, key));
}

/** It was refused and changed nothing: the key is free again. */
export async function forgetCall(db: AccountDb, key: string): Promise<void> {
  await db.delete(idempotentCalls).where(and(eq(idempotentCalls.idempotency_key, key), isNull(idempotentCalls.answer)));
}

/** It broke, and what it did is not known: the next call takes over at once, with the same salt. */
export async function handOn(db: AccountDb, key: string): Promise<void> {
  await db
    .update(idempotentCalls)
    .set({ started_at: 0 })
    .where(and(eq(idempotentCalls.idempotency_key, key), isNull(idempotentCalls.answer)));
}

/** Rows in one statement: D1 ends one that takes too long. */
const PRUNED_AT_ONCE = 5_000;

/** Removes what nobody may repeat any more; what one call leaves, the next takes. */
export async function pruneIdempotentCalls(db: AccountDb, now: number): Promise<number> {
  const due = db
    .select({ key: idempotentCalls.idempotency_key })
    .from(idempotentCalls)
    .where(lte(idempotentCalls.expires_at, now))
    .limit(PRUNED_AT_ONCE);
  const { meta } = await db.delete(idempotentCalls).where(inArray(idempotentCalls.idempotency_key, due));
  return meta.changes;
}
