/**
 * Removes objects that nothing uses: they are claimed in one statement, then their bytes go, then their rows. Whoever
 * dies in between leaves rows that are due, and the next call does the rest.
 */
import { accountDb } from '../account/database.ts';
import {
  claimDueObjects,
  claimObjects,
  forgetObjects,
  postponeObjects,
  type StrayObject,
} from '../account/stray-objects.ts';
import type { Env } from '../env.ts';

/** What one call to the bucket takes. */
export const OBJECTS_AT_ONCE = 1_000;

/** What the bucket says when an upload in parts was completed or given up. */
export const NO_SUCH_UPLOAD = /\(10024\)/;

async function removeClaimed(env: Env, objects: readonly StrayObject[], now: number): Promise<number> {
  const db = accountDb(env);
  const failed = new Set<string>();
  for (const { object_key, bucket_upload_id } of objects) {
    if (bucket_upload_id === null) continue;
    try {
      await env.BUCKET.resumeMultipartUpload(object_key, bucket_upload_id).abort();
    } catch (error) {
      if (!NO_SUCH_UPLOAD.test(String(error))) failed.add(object_key);
    }
  }
  const removable = objects.map((object) => object.object_key).filter((key) => !failed.has(key));
  if (failed.size > 0) await postponeObjects(db, [...failed], now);
  for (let at = 0; at < removable.length; at += OBJECTS_AT_ONCE) {
    const keys = removable.slice(at, at + OBJECTS_AT_ONCE);
    await env.BUCKET.delete(keys);
    await forgetObjects(db, keys);
  }
  return removable.length;
}

/** Removes those of the objects that nothing has taken into use. */
export async function removeObjects(env: Env, object_keys: readonly string[], now: number): Promise<void> {
  await removeClaimed(env, await claimObjects(accountDb(env), object_keys, now), now);
}

/** Removes at most `limit` of the objects whose time has come; how many. */
export async function removeDueObjects(env: Env, now: number, limit: number): Promise<number> {
  return removeClaimed(env, await claimDueObjects(accountDb(env), now, limit), now);
}

/**
 * Carries out what writes `object_keys`, and removes them when it fails. That this may fail too is no harm: they are
 * stray objects, and are removed when they are due.
 */
export async function removedOnFailure<Result>(
  env: Env,
  object_keys: readonly string[],
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    await removeObjects(env, object_keys, Date.now()).catch(() => {});
    throw error;
  }
}
