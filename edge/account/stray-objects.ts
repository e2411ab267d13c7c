/** Objects of the bucket that nothing uses: being written, or to be removed (see `strayObjects` in schema.ts). */
import { and, eq, inArray, lte, type SQL, sql } from 'drizzle-orm';
import { type AccountDb, jsonList } from './database.ts';
import { strayObjects } from './schema.ts';

/** How long a writer may take; what it has not taken into use by then is removed. No request lives as long. */
const WRITING_MS = 24 * 60 * 60 * 1000;

/** How long an object whose removal failed is left alone, so that it does not stand in the way of others. */
const RETRY_MS = 60 * 60 * 1000;

export interface StrayObject {
  object_key: string;
  bucket_upload_id: string | null;
}

/** The row to insert before an object is written: whoever dies in between leaves nothing behind for long. */
export const beingWritten = (object_key: string, now: number) => ({ object_key, due_at: now + WRITING_MS });

/** Whether the object may be taken into use; asked in the statement that does. */
export const mayBeUsed = (object_key: string): SQL =>
  sql`EXISTS (SELECT 1 FROM stray_objects WHERE object_key = ${object_key} AND NOT removing)`;

export async function noteObject(db: AccountDb, object_key: string, now: number): Promise<void> {
  await db.insert(strayObjects).values(beingWritten(object_key, now));
}

const columns = { object_key: strayObjects.object_key, bucket_upload_id: strayObjects.bucket_upload_id };

/** Claims those of the objects that nothing has taken into use: from now on they can only be removed. */
export async function claimObjects(db: AccountDb, object_keys: readonly string[], now: number): Promise<StrayObject[]> {
  return db
    .update(strayObjects)
    .set({ removing: true, due_at: now })
    .where(inArray(strayObjects.object_key, jsonList(object_keys)))
    .returning(columns);
}

/** Claims objects whose time has come, also those that an earlier call claimed and died with. */
export async function claimDueObjects(db: AccountDb, now: number, limit: number): Promise<StrayObject[]> {
  const due = db
    .select({ object_key: strayObjects.object_key })
    .from(strayObjects)
    .where(lte(strayObjects.due_at, now))
    .orderBy(strayObjects.due_at)
    .limit(limit);
  return db
    .update(strayObjects)
    .set({ removing: true })
    .where(inArray(strayObjects.object_key, due))
    .returning(columns);
}

/** The bytes are gone. */
export async function forgetObjects(db: AccountDb, object_keys: readonly string[]): Promise<void> {
  await db
    .delete(strayObjects)
    .where(and(inArray(strayObjects.object_key, jsonList(object_keys)), eq(strayObjects.removing, true)));
}

export async function postponeObjects(db: AccountDb, object_keys: readonly string[], now: number): Promise<void> {
  await db
    .update(strayObjects)
    .set({ due_at: now + RETRY_MS })
    .where(inArray(strayObjects.object_key, jsonList(object_keys)));
}
