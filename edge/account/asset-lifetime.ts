/**
 * How assets go: a grant ends, an asset that nobody holds any more is marked, and after a grace period it is taken out
 * of use in one transaction; only then are its bytes removed (edge/collection/). Each step may be repeated, and may be
 * the last that its process does.
 */
import { and, eq, exists, gt, inArray, isNotNull, isNull, lte, notExists, or, sql } from 'drizzle-orm';
import { type AccountDb, jsonList } from './database.ts';
import { assetGrants, assets, queues, strayObjects } from './schema.ts';

/** How long an asset that nobody holds stays: who sends or names it again by then finds it. */
export const GRACE_MS = 24 * 60 * 60 * 1000;

/**
 * How soon a queue is asked about an asset that it was granted, or that it let go: by then the calls that were on their
 * way have come, and those that overtook one another have ended.
 */
export const ASKED_MS = 24 * 60 * 60 * 1000;

/** How soon a queue that refers to an asset is asked again, should it never tell that this has ended. */
const CONFIRMED_MS = 30 * 24 * 60 * 60 * 1000;

/** How long a queue that did not answer is left alone, so that it does not stand in the way of others. */
const RETRY_MS = 60 * 60 * 1000;

/** Names in one statement, whose values take 2,000,000 bytes at most. */
const NAMES_AT_ONCE = 20_000;

/** Grants that one statement ends. */
const GRANTS_AT_ONCE = 1_000;

/**
 * The queue says that no row of it refers to these any more. Nothing ends here: the queue is asked once more before
 * its grant does, so that it does not matter whether this comes late or twice, or crosses a call that refers to them
 * anew.
 */
export async function releaseAssets(
  db: AccountDb,
  queue_id: string,
  asset_names: readonly string[],
  now: number,
): Promise<void> {
  for (let at = 0; at < asset_names.length; at += NAMES_AT_ONCE)
    await db
      .update(assetGrants)
      .set({ due_at: now + ASKED_MS })
      .where(
        and(
          inArray(assetGrants.sha256, jsonList(asset_names.slice(at, at + NAMES_AT_ONCE))),
          eq(assetGrants.holder_kind, 'queue'),
          eq(assetGrants.holder, queue_id),
          // What is due may be in question right now: by an answer that is older than this.
          or(gt(assetGrants.due_at, now + ASKED_MS), lte(assetGrants.due_at, now)),
        ),
      );
}

export interface DueGrant {
  sha256: string;
  holder_kind: 'user' | 'queue';
  holder: string;
  due_at: number;
}

/** Grants whose time has come, the oldest first. */
export async function findDueGrants(
  db: AccountDb,
  holder_kind: DueGrant['holder_kind'],
  now: number,
  limit: number,
): Promise<DueGrant[]> {
  const { sha256, holder, due_at } = assetGrants;
  const rows = await db
    .select({ sha256, holder, due_at })
    .from(assetGrants)
    .where(and(eq(assetGrants.holder_kind, holder_kind), lte(due_at, now)))
    .orderBy(due_at)
    .limit(limit);
  return rows.map((row) => ({ ...row, holder_kind }));
}

/** The grants as they were read: one that was renewed or released since then is another. */
const asRead = (grants: readonly DueGrant[]) => {
  const rows = JSON.stringify(grants.map((grant) => [grant.sha256, grant.holder_kind, grant.holder, grant.due_at]));
  return sql`(sha256, holder_kind, holder, due_at) IN
    (SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(${rows}))`;
};

/** Ends the grants and marks what nobody holds after that; how many ended. */
export async function endGrants(db: AccountDb, grants: readonly DueGrant[], now: number): Promise<number> {
  if (grants.length === 0) return 0;
  const names = grants.map((grant) => grant.sha256);
  const [ended] = await db.batch([
    db.delete(assetGrants).where(asRead(grants)).returning({ sha256: assetGrants.sha256 }),
    db
      .update(assets)
      .set({ unheld_at: now })
      .where(
        and(
          inArray(assets.sha256, jsonList(names)),
          isNull(assets.unheld_at),
          notExists(db.select({ one: sql`1` }).from(assetGrants).where(eq(assetGrants.sha256, assets.sha256))),
        ),
      ),
  ]);
  return ended.length;
}

/** The queue said that it refers to these: it tells when that ends. */
export async function confirmGrants(db: AccountDb, grants: readonly DueGrant[], now: number): Promise<void> {
  if (grants.length === 0) return;
  await db
    .update(assetGrants)
    .set({ due_at: now + CONFIRMED_MS })
    .where(asRead(grants));
}

export async function postponeGrants(db: AccountDb, grants: readonly DueGrant[], now: number): Promise<void> {
  if (grants.length === 0) return;
  await db
    .update(assetGrants)
    .set({ due_at: now + RETRY_MS })
    .where(asRead(grants));
}

/** Ends all grants of a queue while it is being deleted: a late call must not end those of the next of its name. */
export async function endQueueGrants(db: AccountDb, queue_id: string, now: number): Promise<void> {
  const { sha256, holder, due_at } = assetGrants;
  const underWay = db
    .select({ one: sql`1` })
    .from(queues)
    .where(and(eq(queues.queue_id, queue_id), isNotNull(queues.deleted_at)));
  for (;;) {
    const rows = await db
      .select({ sha256, holder, due_at })
      .from(assetGrants)
      .where(and(eq(assetGrants.holder_kind, 'queue'), eq(holder, queue_id), exists(underWay)))
      .limit(GRANTS_AT_ONCE);
    await endGrants(
      db,
      rows.map((row) => ({ ...row, holder_kind: 'queue' })),
      now,
    );
    if (rows.length < GRANTS_AT_ONCE) return;
  }
}

/**
 * Takes assets that nobody took up in their grace period out of use; their objects, and those of their
 * previews, are stray from now on.
 */
export async function collectAssets(db: AccountDb, now: number, limit: number): Promise<number> {
  const since = now - GRACE_MS;
  const rows = await db
    .select({ sha256: assets.sha256 })
    .from(assets)
    .where(lte(assets.unheld_at, since))
    .orderBy(assets.unheld_at)
    .limit(limit);
  if (rows.length === 0) return 0;
  const names = jsonList(rows.map((row) => row.sha256));
  const [, collected] = await db.batch([
    db.insert(strayObjects).select(
      sql`SELECT value, NULL, ${now}, 1 FROM assets, json_each(json_array(object_key, preview_key))
          WHERE sha256 IN ${names} AND unheld_at <= ${since} AND value IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM asset_grants WHERE asset_grants.sha256 = assets.sha256)`,
    ),
    db
      .delete(assets)
      .where(
        and(
          inArray(assets.sha256, names),
          inArray(assets.object_key, db.select({ object_key: strayObjects.object_key }).from(strayObjects)),
        ),
      )
      .returning({ sha256: assets.sha256 }),
  ]);
  return collected.length;
}
