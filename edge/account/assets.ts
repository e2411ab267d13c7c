/** Assets as rows: what is stored, and who holds it. */
import { and, desc, eq, inArray, or, sql } from 'drizzle-orm';
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

interface AssetHolders {
  stored: Set<string>;
  own: Set<string>;
  /** Queue → the names that its items may refer to. */
  held: Map<string, string[]>;
}

/** Those of `names` that are stored, of these the ones that the user uploaded, and which queues hold which. */
export async function findHolders(db: AccountDb, names: readonly string[], user_id: string): Promise<AssetHolders> {
  const [stored, grants] = await db.batch([
    db
      .select({ name: assets.sha256 })
      .from(assets)
      .where(inArray(assets.sha256, jsonList(names))),
    db
      .select({ name: assetGrants.sha256, kind: assetGrants.holder_kind, holder: assetGrants.holder })
      .from(assetGrants)
      .where(
        and(
          inArray(assetGrants.sha256, jsonList(names)),
          or(eq(assetGrants.holder_kind, 'queue'), eq(assetGrants.holder, user_id)),
        ),
      )
      .orderBy(desc(assetGrants.created_at)),
  ]);
  const byKind = Map.groupBy(grants, (grant) => grant.kind);
  const byQueue = Map.groupBy(byKind.get('queue') ?? [], (grant) => grant.holder);
  return {
    stored: new Set(stored.map((row) => row.name)),
    own: new Set((byKind.get('user') ?? []).map((grant) => grant.name)),
    held: new Map([...byQueue].map(([queue_id, rows]) => [queue_id, rows.map((row) => row.name)])),
  };
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
