/** Models: declared by a manifest, ready once the store has every file of it. A key has a version for each hash. */
import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm';
import type { Fault } from '../../contract/error/problem.ts';
import { timestamp } from '../../contract/names.ts';
import {
  type CreateModelBody,
  type Model,
  type ModelFile,
  ModelType,
  manifestText,
} from '../../contract/store/model.ts';
import { sha256Hex } from '../digest.ts';
import { type AccountDb, jsonList } from './database.ts';
import { modelBlobs, modelFiles, models, strayObjects } from './schema.ts';
import { beingWritten, mayBeUsed } from './stray-objects.ts';

/** Rows of one INSERT: D1 binds a hundred values at most, and a row has five. */
const FILES_PER_INSERT = 20;

type ModelRow = typeof models.$inferSelect;
interface FileRow extends ModelFile {
  key: string;
  hash: string;
  /** Where the bytes are; null while they are not there. */
  object_key: string | null;
}

function view(row: ModelRow, files: readonly FileRow[]): Model {
  const missing = new Set(files.filter((file) => file.object_key === null).map((file) => file.sha256));
  return {
    key: row.key,
    hash: row.hash,
    type: ModelType.parse(row.type),
    base: row.base,
    status: missing.size === 0 ? 'ready' : 'uploading',
    files: files.map(({ path, sha256, size }) => ({ path, sha256, size })),
    missing: [...missing],
    created_at: timestamp(row.created_at),
  };
}

/** Every version under `keys` (all keys when absent), by key, the newest first. */
async function readModels(db: AccountDb, keys?: readonly string[]): Promise<Model[]> {
  const wanted = jsonList(keys ?? []);
  const [rows, files] = await db.batch([
    db
      .select()
      .from(models)
      .where(keys && inArray(models.key, wanted))
      .orderBy(asc(models.key), desc(models.created_at), asc(models.hash)),
    db
      .select({
        key: modelFiles.key,
        hash: modelFiles.hash,
        path: modelFiles.path,
        sha256: modelFiles.sha256,
        size: modelFiles.size,
        object_key: modelBlobs.object_key,
      })
      .from(modelFiles)
      .leftJoin(modelBlobs, eq(modelFiles.sha256, modelBlobs.sha256))
      .where(keys && inArray(modelFiles.key, wanted))
      .orderBy(asc(modelFiles.path)),
  ]);
  const byVersion = Map.groupBy(files, (file) => `${file.key} ${file.hash}`);
  return rows.map((row) => view(row, byVersion.get(`${row.key} ${row.hash}`) ?? []));
}

export const listModels = (db: AccountDb): Promise<Model[]> => readModels(db);

/** The version named by `hash`, or the current one: the newest that is ready, else the newest. */
export async function findModel(db: AccountDb, key: string, hash?: string): Promise<Model | null> {
  const versions = await readModels(db, [key]);
  if (hash !== undefined) return versions.find((model) => model.hash === hash) ?? null;
  return versions.find((model) => model.status === 'ready') ?? versions[0] ?? null;
}

/** The ready versions of each of `keys`, the current one first; a key without any is absent. Pins models at enqueue. */
export async function lookupModels(db: AccountDb, keys: readonly string[]): Promise<Map<string, Model[]>> {
  const ready = (await readModels(db, keys)).filter((model) => model.status === 'ready');
  return Map.groupBy(ready, (model) => model.key);
}

/** What the schema cannot say: paths that cannot stand in one folder, and one digest with two sizes. */
export function manifestFaults(files: readonly ModelFile[]): Fault[] {
  const faults: Fault[] = [];
  const paths = new Set(files.map((file) => file.path));
  const seen = new Set<string>();
  const sizes = new Map<string, number>();
  for (const [index, { path, sha256, size }] of files.entries()) {
    const folders = path.split('/').map((_, depth, parts) => parts.slice(0, depth).join('/'));
    if (seen.has(path) || folders.some((folder) => paths.has(folder)))
      faults.push({
        pointer: `/files/${index}/path`,
        code: 'invalid_value',
        detail: `"${path}" stands here twice, or below another file; give each file a path of its own.`,
      });
    if ((sizes.get(sha256) ?? size) !== size)
      faults.push({
        pointer: `/files/${index}/size`,
        code: 'invalid_value',
        detail: 'Another file has the same sha256 and a different size; correct one of them.',
      });
    seen.add(path);
    sizes.set(sha256, size);
  }
  return faults;
}

/** The model under this key and manifest, and whether this call declared it. */
export async function declareModel(
  db: AccountDb,
  body: CreateModelBody,
  now: number,
): Promise<{ model: Model; created: boolean }> {
  const hash = await sha256Hex(manifestText(body));
  const { key, type, base } = body;
  const files = body.files.map(({ path, sha256, size }) => ({ key, hash, path, sha256, size }));
  const chunks = Array.from({ length: Math.ceil(files.length / FILES_PER_INSERT) }, (_, at) =>
    files.slice(at * FILES_PER_INSERT, (at + 1) * FILES_PER_INSERT),
  );
  const [inserted] = await db.batch([
    db.insert(models).values({ key, hash, type, base, created_at: now }).onConflictDoNothing().returning(),
    ...chunks.map((rows) => db.insert(modelFiles).values(rows).onConflictDoNothing()),
  ]);
  const model = await findModel(db, key, hash);
  if (!model) throw new Error(`model ${key} ${hash} neither inserted nor found`);
  return { model, created: inserted.length > 0 };
}

/** The file of any version of the model that has this digest. */
export async function findModelFile(db: AccountDb, key: string, sha256: string): Promise<FileRow | null> {
  const row = await db
    .select({
      key: modelFiles.key,
      hash: modelFiles.hash,
      path: modelFiles.path,
      sha256: modelFiles.sha256,
      size: modelFiles.size,
      object_key: modelBlobs.object_key,
    })
    .from(modelFiles)
    .leftJoin(modelBlobs, eq(modelFiles.sha256, modelBlobs.sha256))
    .where(and(eq(modelFiles.key, key), eq(modelFiles.sha256, sha256)))
    .get();
  return row ?? null;
}

const blobOf = (db: AccountDb, sha256: string) =>
  db.select({ object_key: modelBlobs.object_key }).from(modelBlobs).where(eq(modelBlobs.sha256, sha256));

/**
 * Whether an upload has to write the bytes, under `object_key`, which is a stray object from then on; they need not be
 * written when they are there.
 */
export async function reserveModelBlob(
  db: AccountDb,
  sha256: string,
  object_key: string,
  now: number,
): Promise<boolean> {
  const { due_at } = beingWritten(object_key, now);
  const [, present] = await db.batch([
    db
      .insert(strayObjects)
      .select(
        sql`SELECT ${object_key}, NULL, ${due_at}, 0 WHERE NOT EXISTS (SELECT 1 FROM model_blobs WHERE sha256 = ${sha256})`,
      ),
    blobOf(db, sha256),
  ]);
  return present.length === 0;
}

/**
 * Takes verified bytes into use while a manifest names them; the key of the object that has them now. `object_key` is
 * where this call wrote them, null when it found them there. Null when they are in neither place any more, or no
 * manifest names them: the model was removed meanwhile.
 */
export async function recordModelBlob(
  db: AccountDb,
  sha256: string,
  object_key: string | null,
  now: number,
): Promise<string | null> {
  const [, , rows] = await db.batch([
    db
      .insert(modelBlobs)
      .select(
        sql`SELECT ${sha256}, ${object_key}, ${now}
          WHERE ${mayBeUsed(object_key ?? '')} AND EXISTS (SELECT 1 FROM model_files WHERE sha256 = ${sha256})`,
      )
      .onConflictDoNothing(),
    db.delete(strayObjects).where(inArray(strayObjects.object_key, blobOf(db, sha256))),
    blobOf(db, sha256),
  ]);
  return rows[0]?.object_key ?? null;
}

/** Removes a version, or the whole key; the objects of files that no manifest names any more are stray from then on. */
export async function deleteModel(
  db: AccountDb,
  key: string,
  hash: string | undefined,
  now: number,
): Promise<{ deleted: number; unused: string[] }> {
  const [, deleted, , unused] = await db.batch([
    db
      .delete(modelFiles)
      .where(and(eq(modelFiles.key, key), hash === undefined ? undefined : eq(modelFiles.hash, hash))),
    db
      .delete(models)
      .where(and(eq(models.key, key), hash === undefined ? undefined : eq(models.hash, hash)))
      .returning({ hash: models.hash }),
    db.insert(strayObjects).select(
      sql`SELECT object_key, NULL, ${now}, 1 FROM model_blobs
          WHERE NOT EXISTS (SELECT 1 FROM model_files WHERE model_files.sha256 = model_blobs.sha256)`,
    ),
    db
      .delete(modelBlobs)
      .where(inArray(modelBlobs.object_key, db.select({ object_key: strayObjects.object_key }).from(strayObjects)))
      .returning({ object_key: modelBlobs.object_key }),
  ]);
  return { deleted: deleted.length, unused: unused.map((blob) => blob.object_key) };
}
