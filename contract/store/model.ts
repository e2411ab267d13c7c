/**
 * Models: named, versioned sets of files. A manifest is declared first; its files are uploaded by digest, in
 * parts when they are large; the model can be used once every file is there.
 */
import { z } from 'zod';
import { MODEL_FILE_BYTES_MAX, MODEL_FILES_MAX } from '../limits.ts';
import { ModelKey, Sha256, Timestamp } from '../names.ts';

/** How a folder of files is read: by which loader of the runner. */
export const MODEL_TYPES = ['diffusion', 'onnx'] as const;
export const ModelType = z.enum(MODEL_TYPES);

/** A relative path of plain segments: nothing that could leave the model's folder. */
const FilePath = z
  .string()
  .max(512)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.+-]*(\/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*$/, 'a path is relative, of plain segments');

export const ModelFile = z
  .strictObject({ path: FilePath, sha256: Sha256, size: z.int().min(0).max(MODEL_FILE_BYTES_MAX) })
  .meta({ id: 'ModelFile' });
export type ModelFile = z.infer<typeof ModelFile>;

export const CreateModelBody = z
  .strictObject({
    key: ModelKey,
    type: ModelType,
    base: z.string().max(64).default('any').describe('the family, e.g. "sd-1"; free text'),
    files: z.array(ModelFile).min(1).max(MODEL_FILES_MAX),
  })
  .meta({ id: 'CreateModelBody' });
export type CreateModelBody = z.infer<typeof CreateModelBody>;

export const Model = z
  .object({
    key: ModelKey,
    hash: Sha256.describe('of the manifest; the version that a graph is pinned to'),
    type: ModelType,
    base: z.string(),
    status: z.enum(['uploading', 'ready']),
    files: z.array(ModelFile),
    missing: z.array(Sha256).describe('digests that are still to be uploaded'),
    created_at: Timestamp,
  })
  .meta({ id: 'Model' });
export type Model = z.infer<typeof Model>;

/** For runners that have credentials of the bucket. */
export const ModelFileLocation = z
  .object({ object_key: z.string().describe('of the object in the bucket that has the bytes'), size: z.int() })
  .meta({ id: 'ModelFileLocation' });
export type ModelFileLocation = z.infer<typeof ModelFileLocation>;

export const ModelUploadPart = z
  .strictObject({ part_number: z.int().min(1).max(10_000), etag: z.string().max(256) })
  .meta({ id: 'ModelUploadPart' });
export type ModelUploadPart = z.infer<typeof ModelUploadPart>;

export const ModelUpload = z
  .object({
    upload_id: z.string(),
    part_size: z.int().describe('bytes of every part but the last'),
    parts: z.array(ModelUploadPart).describe('parts that arrived before; they need not be sent again'),
  })
  .meta({ id: 'ModelUpload' });
export type ModelUpload = z.infer<typeof ModelUpload>;

export const CompleteUploadBody = z
  .strictObject({ parts: z.array(ModelUploadPart).min(1).max(10_000) })
  .meta({ id: 'CompleteUploadBody' });
export type CompleteUploadBody = z.infer<typeof CompleteUploadBody>;

/** How a graph names a model; `hash` is filled in at enqueue from the store when absent. */
export const ModelIdentifier = z
  .looseObject({ key: ModelKey, hash: Sha256.optional() })
  .meta({ id: 'ModelIdentifier' });
export type ModelIdentifier = z.infer<typeof ModelIdentifier>;

/** The text whose sha256 is a model's hash: type and files, sorted by path, so that order does not matter. */
export function manifestText(manifest: { type: string; files: readonly ModelFile[] }): string {
  const files = [...manifest.files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return JSON.stringify([manifest.type, files.map(({ path, sha256, size }) => [path, sha256, size])]);
}
