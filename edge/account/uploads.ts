/** Uploads of model files in parts: which are under way, and which parts have arrived. */
import { asc, eq } from 'drizzle-orm';
import type { ModelUploadPart } from '../../contract/store/model.ts';
import type { AccountDb } from './database.ts';
import { modelUploadParts, modelUploads } from './schema.ts';

export interface Upload {
  sha256: string;
  upload_id: string;
  bucket_upload_id: string;
  parts: ModelUploadPart[];
}

export async function findUpload(db: AccountDb, sha256: string): Promise<Upload | null> {
  const row = await db.select().from(modelUploads).where(eq(modelUploads.sha256, sha256)).get();
  if (!row) return null;
  const parts = await db
    .select({ part_number: modelUploadParts.part_number, etag: modelUploadParts.etag })
    .from(modelUploadParts)
    .where(eq(modelUploadParts.upload_id, row.upload_id))
    .orderBy(asc(modelUploadParts.part_number));
  return { sha256, upload_id: row.upload_id, bucket_upload_id: row.bucket_upload_id, parts };
}

/** False when another upload of the same file began first. */
export async function recordUpload(db: AccountDb, upload: Omit<Upload, 'parts'>, now: number): Promise<boolean> {
  const inserted = await db
    .insert(modelUploads)
    .values({ ...upload, created_at: now })
    .onConflictDoNothing()
    .returning();
  return inserted.length > 0;
}

export async function recordPart(db: AccountDb, upload_id: string, part: ModelUploadPart): Promise<void> {
  await db
    .insert(modelUploadParts)
    .values({ upload_id, ...part })
    .onConflictDoUpdate({
      target: [modelUploadParts.upload_id, modelUploadParts.part_number],
      set: { etag: part.etag },
    });
}

export async function forgetUpload(db: AccountDb, upload_id: string): Promise<void> {
  await db.batch([
    db.delete(modelUploadParts).where(eq(modelUploadParts.upload_id, upload_id)),
    db.delete(modelUploads).where(eq(modelUploads.upload_id, upload_id)),
  ]);
}
