/** Whether the bucket has what its rows name, and nothing else. */
import { env } from 'cloudflare:workers';
import { accountDb } from '../account/database.ts';
import { assetGrants, assets, modelBlobs, modelUploads, strayObjects } from '../account/schema.ts';
import { stagingKey } from '../store/object-key.ts';

/** At most a thousand: no test needs more. */
async function objectKeys(): Promise<string[]> {
  const { objects, truncated } = await env.BUCKET.list();
  if (truncated) throw new Error('the bucket has more objects than are looked at here');
  return objects.map((object) => object.key);
}

/** Removes every object, and every row about objects and who holds them. */
export async function emptyStores(): Promise<void> {
  const db = accountDb(env);
  await db.batch([db.delete(assets), db.delete(assetGrants), db.delete(modelBlobs), db.delete(strayObjects)]);
  await env.BUCKET.delete(await objectKeys());
}

/** Objects that no row names, and those that a row names as stored and that are not. */
export async function misnamedObjects(): Promise<{ unnamed: string[]; missing: string[] }> {
  const db = accountDb(env);
  const [used, files, uploads, strays] = await db.batch([
    db.select({ key: assets.object_key, preview: assets.preview_key }).from(assets),
    db.select({ key: modelBlobs.object_key }).from(modelBlobs),
    db.select({ id: modelUploads.upload_id }).from(modelUploads),
    db.select({ key: strayObjects.object_key }).from(strayObjects),
  ]);
  const present = new Set(await objectKeys());
  const previews = used.flatMap(({ preview }) => preview ?? []);
  const stored = [...[...used, ...files].map((row) => row.key), ...previews];
  const named = new Set([...stored, ...strays.map((row) => row.key), ...uploads.map((row) => stagingKey(row.id))]);
  return {
    unnamed: [...present].filter((key) => !named.has(key)),
    missing: stored.filter((key) => !present.has(key)),
  };
}
