/** Models: declared by a manifest, ready once the store has every file of it. A key has a version for each hash. */
import { and, asc, desc, eq, inArray, notExists, sql } from 'drizzle-orm';
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
import type { AccountDb } from './database.ts';
import { modelBlobs, modelFiles, models } from './schema.ts';

/** Rows of one INSERT: D1 binds a hundred values at most, and a row has five. */
const FILES_PER_INSERT = 20;

type ModelRow = typeof models.$inferSelect;
interface FileRow extends ModelFile {
  key: string;
  hash: string;
  /** Null while the bytes are not there. */
  stored_at: number | null;
}

function view(row: ModelRow, files: readonly FileRow[]): Model {
  const missing = new Set(files.filter((file) => file.stored_at === null).map((file) => file.sha256));
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
  const wanted = sql`(SELECT value FROM json_each(${JSON.stringify(keys ?? [])}))`;
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
        stored_at: modelBlobs.stored_at,
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
      stored_at: modelBlobs.stored_at,
    })
    .from(modelFiles)
    .leftJoin(modelBlobs, eq(modelFiles.sha256, modelBlobs.sha256))
    .where(and(eq(modelFiles.key, key), eq(modelFiles.sha256, sha256)))
    .get();
  return row ?? null;
}

export async function recordModelBlob(db: AccountDb, sha256: string, now: number): Promise<void> {
  await db.insert(modelBlobs).values({ sha256, stored_at: now }).onConflictDoNothing();
}

/** Removes a version, or the whole key; the digests of stored files that no manifest names any more. */
export async function deleteModel(
  db: AccountDb,
  key: string,
  hash?: string,
): Promise<{ deleted: number; unused: string[] }> {
  const [, deleted, unused] = await db.batch([
    db
      .delete(modelFiles)
      .where(and(eq(modelFiles.key, key), hash === undefined ? undefined : eq(modelFiles.hash, hash))),
    db
      .delete(models)
      .where(and(eq(models.key, key), hash === undefined ? undefined : eq(models.hash, hash)))
      .returning({ hash: models.hash }),
    db
      .delete(modelBlobs)
      .where(notExists(db.select({ one: sql`1` }).from(modelFiles).where(eq(modelFiles.sha256, modelBlobs.sha256))))
      .returning({ sha256: modelBlobs.sha256 }),
  ]);
  return { deleted: deleted.length, unused: unused.map((blob) => blob.sha256) };
}
