/** Assets as rows: what is stored, and who holds it. */
import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import { ASSET_CONTENT_TYPES, type AssetView } from '../../contract/store/asset.ts';
import type { AccountDb } from './database.ts';
import { assetGrants, assets } from './schema.ts';

export interface AssetHolder {
  kind: 'user' | 'queue';
  id: string;
}

/** D1 binds a hundred values at most: a list of any length is one of them. */
const jsonList = (values: readonly string[]) => sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`;

const view = (row: typeof assets.$inferSelect): AssetView => ({
  asset_name: row.sha256,
  content_type: ASSET_CONTENT_TYPES.find((type) => type === row.content_type) ?? 'application/octet-stream',
  size: row.size,
});

/** Records that verified bytes are there and who holds them; the first to store them gave them their type. */
export async function recordAsset(
  db: AccountDb,
  asset: AssetView,
  holder: AssetHolder,
  now: number,
): Promise<{ asset: AssetView; granted: boolean }> {
  const { asset_name: sha256, content_type, size } = asset;
  const grant = { sha256, holder_kind: holder.kind, holder: holder.id, created_at: now };
  const [, granted, stored] = await db.batch([
    db.insert(assets).values({ sha256, content_type, size, created_at: now }).onConflictDoNothing(),
    db.insert(assetGrants).values(grant).onConflictDoNothing().returning(),
    db.select().from(assets).where(eq(assets.sha256, sha256)),
  ]);
  return { asset: stored[0] ? view(stored[0]) : asset, granted: granted.length > 0 };
}

export async function findAsset(db: AccountDb, sha256: string): Promise<AssetView | null> {
  const row = await db.select().from(assets).where(eq(assets.sha256, sha256)).get();
  return row ? view(row) : null;
}

/** Those of `names` that are stored, and of these the ones that the user uploaded. */
export async function ownAssets(
  db: AccountDb,
  names: readonly string[],
  user_id: string,
): Promise<{ stored: Set<string>; own: Set<string> }> {
  const [stored, own] = await db.batch([
    db
      .select({ sha256: assets.sha256 })
      .from(assets)
      .where(inArray(assets.sha256, jsonList(names))),
    db
      .select({ sha256: assetGrants.sha256 })
      .from(assetGrants)
      .where(
        and(
          inArray(assetGrants.sha256, jsonList(names)),
          eq(assetGrants.holder_kind, 'user'),
          eq(assetGrants.holder, user_id),
        ),
      ),
  ]);
  return { stored: new Set(stored.map((row) => row.sha256)), own: new Set(own.map((row) => row.sha256)) };
}

/** The queues whose items may refer to the asset, the newest first; only among `queue_ids` unless that is null. */
export async function queuesHolding(
  db: AccountDb,
  sha256: string,
  queue_ids: readonly string[] | null,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .select({ queue_id: assetGrants.holder })
    .from(assetGrants)
    .where(
      and(
        eq(assetGrants.sha256, sha256),
        eq(assetGrants.holder_kind, 'queue'),
        queue_ids === null ? undefined : inArray(assetGrants.holder, jsonList(queue_ids)),
      ),
    )
    .orderBy(desc(assetGrants.created_at))
    .limit(limit);
  return rows.map((row) => row.queue_id);
}

/** From now on the queue's object is asked about these. A name that it never uses is harmless: it answers no. */
export async function grantToQueue(
  db: AccountDb,
  names: readonly string[],
  queue_id: string,
  now: number,
): Promise<void> {
  if (names.length === 0) return;
  await db
    .insert(assetGrants)
    .select(
      db
        .select({
          sha256: assets.sha256,
          holder_kind: sql<'queue'>`'queue'`.as('holder_kind'),
          holder: sql<string>`${queue_id}`.as('holder'),
          created_at: sql<number>`${now}`.as('created_at'),
        })
        .from(assets)
        .where(inArray(assets.sha256, jsonList(names))),
    )
    .onConflictDoNothing();
}
