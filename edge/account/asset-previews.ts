/** The small image of an asset: one at most, the first that was stored, and gone with its asset. */
import { and, eq, inArray, isNull } from 'drizzle-orm';
import type { AssetPreview } from '../../contract/store/asset.ts';
import { previewOf, type StoredAsset } from './assets.ts';
import type { AccountDb } from './database.ts';
import { assets, strayObjects } from './schema.ts';
import { mayBeUsed } from './stray-objects.ts';

/**
 * Takes an image that was written under `object_key` into use, unless the asset has one. The answer is the one that it
 * has; null when there is no such asset any more, or the object waited for so long that it is being removed.
 */
export async function recordPreview(
  db: AccountDb,
  { asset_name: sha256, content_type, size }: AssetPreview,
  object_key: string,
): Promise<StoredAsset['preview']> {
  const [, , rows] = await db.batch([
    db
      .update(assets)
      .set({ preview_key: object_key, preview_type: content_type, preview_size: size })
      .where(and(eq(assets.sha256, sha256), isNull(assets.preview_key), mayBeUsed(object_key))),
    db
      .delete(strayObjects)
      .where(
        inArray(
          strayObjects.object_key,
          db.select({ object_key: assets.preview_key }).from(assets).where(eq(assets.sha256, sha256)),
        ),
      ),
    db.select().from(assets).where(eq(assets.sha256, sha256)),
  ]);
  return rows[0] ? previewOf(rows[0]) : null;
}
