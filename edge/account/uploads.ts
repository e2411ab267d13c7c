/** Uploads of model files in parts: which are under way, and which parts have arrived. */
import { and, asc, eq, inArray, lte, sql } from 'drizzle-orm';
import type { ModelUploadPart } from '../../contract/store/model.ts';
import { stagingKey } from '../store/object-key.ts';
import { type AccountDb, jsonList } from './database.ts';
import { modelUploadParts, modelUploads, strayObjects } from './schema.ts';

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
    .values({ ...upload, active_at: now })
    .onConflictDoNothing()
    .returning();
  return inserted.length > 0;
}

/** Keeps the upload from being given up: something arrived, or it is being completed. */
const touch = (db: AccountDb, upload_id: string, now: number) =>
  db.update(modelUploads).set({ active_at: now }).where(eq(modelUploads.upload_id, upload_id));

export async function keepUpload(db: AccountDb, upload_id: string, now: number): Promise<void> {
  await touch(db, upload_id, now);
}

export async function recordPart(
  db: AccountDb,
  upload_id: string,
  { part_number, etag }: ModelUploadPart,
  now: number,
): Promise<void> {
  await db.batch([
    touch(db, upload_id, now),
    db
      .insert(modelUploadParts)
      .select(sql`SELECT upload_id, ${part_number}, ${etag} FROM model_uploads WHERE upload_id = ${upload_id}`)
      .onConflictDoUpdate({
        target: [modelUploadParts.upload_id, modelUploadParts.part_number],
        set: { etag },
      }),
  ]);
}

/** Ends uploads, or only those in which nothing arrived after `idle_since`; what is staged of them is stray from then on. */
export async function endUploads(
  db: AccountDb,
  upload_ids: readonly string[],
  now: number,
  idle_since?: number,
): Promise<string[]> {
  const ended = and(
    inArray(modelUploads.upload_id, jsonList(upload_ids)),
    idle_since === undefined ? undefined : lte(modelUploads.active_at, idle_since),
  );
  const [, , rows] = await db.batch([
    db
      .insert(strayObjects)
      .select(
        sql`SELECT ${stagingKey('')} || upload_id, bucket_upload_id, ${now}, 1 FROM model_uploads WHERE ${ended}`,
      ),
    db
      .delete(modelUploadParts)
      .where(
        inArray(
          modelUploadParts.upload_id,
          db.select({ upload_id: modelUploads.upload_id }).from(modelUploads).where(ended),
        ),
      ),
    db.delete(modelUploads).where(ended).returning({ upload_id: modelUploads.upload_id }),
  ]);
  return rows.map(({ upload_id }) => stagingKey(upload_id));
}

/** Uploads in which nothing arrived after `idle_since`. */
export async function findIdleUploads(db: AccountDb, idle_since: number, limit: number): Promise<string[]> {
  const rows = await db
    .select({ upload_id: modelUploads.upload_id })
    .from(modelUploads)
    .where(lte(modelUploads.active_at, idle_since))
    .limit(limit);
  return rows.map((row) => row.upload_id);
}
