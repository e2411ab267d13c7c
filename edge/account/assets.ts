/** Assets as rows: what is stored, where, and who holds it. How long they stay: asset-lifetime.ts. */
import { and, desc, eq, inArray, isNotNull, lt, notInArray, sql } from 'drizzle-orm';
import {
  ASSET_CONTENT_TYPES,
  type AssetPreview,
  type AssetView,
  PREVIEW_CONTENT_TYPES,
} from '../../contract/store/asset.ts';
import { ASKED_MS } from './asset-lifetime.ts';
import { type AccountDb, jsonList } from './database.ts';
import { assetGrants, assets, strayObjects } from './schema.ts';
import { beingWritten, mayBeUsed } from './stray-objects.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

export interface AssetHolder {
  kind: 'user' | 'queue';
  id: string;
}

/** An asset, the object that has its bytes, and its small image where there is one. */
export interface StoredAsset extends AssetView {
  object_key: string;
  preview: { object_key: string; content_type: AssetPreview['content_type']; size: number } | null;
}

const stored = (row: typeof assets.$inferSelect): StoredAsset => ({
  asset_name: row.sha256,
  object_key: row.object_key,
  content_type: ASSET_CONTENT_TYPES.find((type) => type === row.content_type) ?? 'application/octet-stream',
  size: row.size,
  preview: previewOf(row),
});

export function previewOf(row: typeof assets.$inferSelect): StoredAsset['preview'] {
  const content_type = PREVIEW_CONTENT_TYPES.find((type) => type === row.preview_type);
  if (row.preview_key === null || content_type === undefined) return null;
  return { object_key: row.preview_key, content_type, size: row.preview_size ?? 0 };
}

export async function findAsset(db: AccountDb, sha256: string): Promise<StoredAsset | null> {
  const row = await db.select().from(assets).where(eq(assets.sha256, sha256)).get();
  return row ? stored(row) : null;
}

/**
 * Whether an upload has to write the bytes, under `object_key`, which is a stray object from then on; they need not be
 * written when they are there. If those are about to be collected, they stay for another grace period, which outlasts
 * any upload.
 */
export async function reserveAsset(db: AccountDb, sha256: string, object_key: string, now: number): Promise<boolean> {
  const { due_at } = beingWritten(object_key, now);
  const [, , present] = await db.batch([
    db
      .update(assets)
      .set({ unheld_at: now })
      .where(and(eq(assets.sha256, sha256), isNotNull(assets.unheld_at))),
    db
      .insert(strayObjects)
      .select(
        sql`SELECT ${object_key}, NULL, ${due_at}, 0 WHERE NOT EXISTS (SELECT 1 FROM assets WHERE sha256 = ${sha256})`,
      ),
    db.select({ one: sql`1` }).from(assets).where(eq(assets.sha256, sha256)),
  ]);
  return present.length === 0;
}

/**
 * Takes verified bytes into use and says who holds them; the first to store them gave them their type. `object_key` is
 * where this call wrote them, null when it found them there. Null when they are in neither place any more.
 */
export async function recordAsset(
  db: AccountDb,
  asset: AssetView & { object_key: string | null },
  holder: AssetHolder,
  retention_ms: number,
  now: number,
): Promise<{ asset: StoredAsset; granted: boolean } | null> {
  const { asset_name: sha256, object_key, content_type, size } = asset;
  const due_at = now + (holder.kind === 'user' ? retention_ms : ASKED_MS);
  const grant = and(
    eq(assetGrants.sha256, sha256),
    eq(assetGrants.holder_kind, holder.kind),
    eq(assetGrants.holder, holder.id),
  );
  const [, , , renewed, , rows] = await db.batch([
    db
      .insert(assets)
      .select(
        sql`SELECT ${sha256}, ${object_key}, ${content_type}, ${size}, ${now}, NULL, NULL, NULL, NULL WHERE ${mayBeUsed(object_key ?? '')}`,
      )
      .onConflictDoNothing(),
    db
      .delete(strayObjects)
      .where(
        inArray(
          strayObjects.object_key,
          db.select({ object_key: assets.object_key }).from(assets).where(eq(assets.sha256, sha256)),
        ),
      ),
    db
      .update(assets)
      .set({ unheld_at: null })
      .where(and(eq(assets.sha256, sha256), isNotNull(assets.unheld_at))),
    db.select({ one: sql`1` }).from(assetGrants).where(grant),
    db
      .insert(assetGrants)
      .select(sql`SELECT sha256, ${holder.kind}, ${holder.id}, ${now}, ${due_at} FROM assets WHERE sha256 = ${sha256}`)
      .onConflictDoUpdate(renewal(RENEWED_AFTER_MS[holder.kind])),
    db.select().from(assets).where(eq(assets.sha256, sha256)),
  ]);
  return rows[0] ? { asset: stored(rows[0]), granted: renewed.length === 0 } : null;
}

/**
 * The queue, which holds the asset, holds it anew, as if its bytes had been sent once more; null when it does not hold
 * it, or not any longer.
 */
export async function holdAnew(
  db: AccountDb,
  sha256: string,
  queue_id: string,
  now: number,
): Promise<StoredAsset | null> {
  const due_at = now + ASKED_MS;
  const grant = and(
    eq(assetGrants.sha256, sha256),
    eq(assetGrants.holder_kind, 'queue'),
    eq(assetGrants.holder, queue_id),
  );
  const [, rows] = await db.batch([
    db
      .update(assetGrants)
      .set({ due_at })
      .where(and(grant, lt(assetGrants.due_at, due_at - RENEWED_AFTER_MS.queue))),
    db
      .select({ asset: assets })
      .from(assets)
      .innerJoin(assetGrants, and(eq(assetGrants.sha256, assets.sha256), grant)),
  ]);
  return rows[0] ? stored(rows[0].asset) : null;
}

/** A grant that would be lengthened by less is left as it is: at most so often does use cost a write. */
const RENEWED_AFTER_MS = { user: DAY_MS, queue: ASKED_MS / 2 };

const renewal = (after_ms: number) => ({
  target: [assetGrants.sha256, assetGrants.holder_kind, assetGrants.holder],
  set: { due_at: sql`excluded.due_at` },
  setWhere: sql`${assetGrants.due_at} < excluded.due_at - ${after_ms}`,
});

/** Those of `names` that are stored, and of these the ones that are the user's own. */
export async function findOwnAssets(
  db: AccountDb,
  names: readonly string[],
  user_id: string,
): Promise<{ stored: Set<string>; own: Set<string> }> {
  const [present, grants] = await db.batch([
    db
      .select({ name: assets.sha256 })
      .from(assets)
      .where(inArray(assets.sha256, jsonList(names))),
    db
      .select({ name: assetGrants.sha256 })
      .from(assetGrants)
      .where(
        and(
          inArray(assetGrants.sha256, jsonList(names)),
          eq(assetGrants.holder_kind, 'user'),
          eq(assetGrants.holder, user_id),
        ),
      ),
  ]);
  return {
    stored: new Set(present.map((row) => row.name)),
    own: new Set(grants.map((row) => row.name)),
  };
}

export interface QueueSelection {
  names: readonly string[];
  /** Null for all. */
  queue_ids: readonly string[] | null;
}

const selected = ({ names, queue_ids }: QueueSelection) =>
  and(
    inArray(assetGrants.sha256, jsonList(names)),
    eq(assetGrants.holder_kind, 'queue'),
    queue_ids === null ? undefined : inArray(assetGrants.holder, jsonList(queue_ids)),
  );

/** Those of the names that any of the queues holds. */
export async function findQueueAssets(db: AccountDb, selection: QueueSelection): Promise<string[]> {
  const rows = await db.selectDistinct({ name: assetGrants.sha256 }).from(assetGrants).where(selected(selection));
  return rows.map((row) => row.name);
}

/** The queues that hold any of the names: those that hold most come first, then the latest. */
export async function findHoldingQueues(
  db: AccountDb,
  selection: QueueSelection & { except: readonly string[]; limit: number },
): Promise<string[]> {
  const rows = await db
    .select({ queue_id: assetGrants.holder })
    .from(assetGrants)
    .where(and(selected(selection), notInArray(assetGrants.holder, jsonList(selection.except))))
    .groupBy(assetGrants.holder)
    .orderBy(desc(sql`COUNT(*)`), desc(sql`MAX(${assetGrants.created_at})`), assetGrants.holder)
    .limit(selection.limit);
  return rows.map((row) => row.queue_id);
}

/**
 * From now on the queue holds those of the names that are stored, which are the answer, and the user's own grants of
 * them last anew. Called before the queue's object hears of them, and nothing needs to be taken back when it never does.
 */
export async function grantToQueue(
  db: AccountDb,
  names: readonly string[],
  { queue_id, user_id, retention_ms }: { queue_id: string; user_id: string; retention_ms: number },
  now: number,
): Promise<string[]> {
  if (names.length === 0) return [];
  const due_at = now + ASKED_MS;
  const retained = now + retention_ms;
  const [, , , held] = await db.batch([
    db
      .update(assets)
      .set({ unheld_at: null })
      .where(and(inArray(assets.sha256, jsonList(names)), isNotNull(assets.unheld_at))),
    db
      .insert(assetGrants)
      .select(
        sql`SELECT sha256, 'queue', ${queue_id}, ${now}, ${due_at} FROM assets WHERE sha256 IN ${jsonList(names)}`,
      )
      .onConflictDoUpdate(renewal(RENEWED_AFTER_MS.queue)),
    db
      .update(assetGrants)
      .set({ due_at: retained })
      .where(
        and(
          inArray(assetGrants.sha256, jsonList(names)),
          eq(assetGrants.holder_kind, 'user'),
          eq(assetGrants.holder, user_id),
          lt(assetGrants.due_at, retained - RENEWED_AFTER_MS.user),
        ),
      ),
    db
      .select({ name: assetGrants.sha256 })
      .from(assetGrants)
      .where(selected({ names, queue_ids: [queue_id] })),
  ]);
  return held.map((row) => row.name);
}
