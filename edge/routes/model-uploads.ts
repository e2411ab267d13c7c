/** How the bytes of model files get into the store: whole, or in parts when they are over the platform's body limit. */
import { z } from 'zod';
import { UPLOAD_BYTES_MAX } from '../../contract/limits.ts';
import { ModelKey, Sha256 } from '../../contract/names.ts';
import { CompleteUploadBody, ModelUpload, ModelUploadPart } from '../../contract/store/model.ts';
import { accountDb } from '../account/database.ts';
import { findModelFile, recordModelBlob, reserveModelBlob } from '../account/models.ts';
import { endUploads, findUpload, keepUpload, recordPart, recordUpload, type Upload } from '../account/uploads.ts';
import { requiredLength } from '../body.ts';
import { endpoint } from '../endpoint.ts';
import type { App, AppContext } from '../env.ts';
import { ProblemError } from '../problem.ts';
import { promote, storePart, storeVerified } from '../store/blob.ts';
import { modelFileKey, stagingKey } from '../store/object-key.ts';
import { NO_SUCH_UPLOAD, removedOnFailure, removeObjects } from '../store/removal.ts';

/**
 * Bytes of every part but the last. The bucket takes no part below 5 MiB and no more than 10,000; this makes 320
 * parts of the largest file, and loses little when one breaks off.
 */
const PART_BYTES = 16 * 1024 * 1024;

/** What it says when the named parts are not those that it has. */
const BAD_PARTS = /\((10011|10025|10048)\)/;

const tag = 'models';
const FileParams = z.object({ key: ModelKey, sha256: Sha256 });
const UploadParams = FileParams.extend({ upload_id: z.string().max(64) });
const PATH = '/api/v1/models/{key}/files/{sha256}';

async function manifestFile(c: AppContext, key: string, sha256: string) {
  const file = await findModelFile(accountDb(c.env), key, sha256);
  if (!file) throw new ProblemError('not_found', `The manifest of "${key}" has no file ${sha256}; declare it first.`);
  return file;
}

function checkLength(length: number, expected: number, what: string): void {
  if (length !== expected) throw new ProblemError('digest_mismatch', `${what} has ${expected} bytes, not ${length}.`);
}

/** Stores the file that `write` puts under the key that it is given, or only checks when that is null: it is there. */
async function store(
  c: AppContext,
  sha256: string,
  write: (object_key: string | null) => Promise<void>,
): Promise<'stored' | 'model_removed'> {
  const db = accountDb(c.env);
  const own_key = modelFileKey(sha256, crypto.randomUUID());
  const object_key = (await reserveModelBlob(db, sha256, own_key, Date.now())) ? own_key : null;
  const written = object_key === null ? [] : [object_key];
  await removedOnFailure(c.env, written, () => write(object_key));
  const used = await recordModelBlob(db, sha256, object_key, Date.now());
  // Somebody else stored the same file at the same time, or no manifest names it any more.
  if (used !== object_key) await removeObjects(c.env, written, Date.now());
  return used === null ? 'model_removed' : 'stored';
}

const modelRemoved = (what: string) =>
  new ProblemError('conflict', `The model was removed meanwhile; declare it, and ${what} again.`);

async function openUpload(c: AppContext, sha256: string, upload_id: string): Promise<Upload | null> {
  const upload = await findUpload(accountDb(c.env), sha256);
  return upload?.upload_id === upload_id ? upload : null;
}

const notUnderWay = () =>
  new ProblemError('not_found', 'This upload is not under way; POST to …/uploads for the one that is.');

export function registerModelUploadRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'put',
      path: PATH,
      operation_id: 'put_model_file',
      tag,
      summary: 'Store a file of the model whole',
      scopes: ['admin'],
      unbound: true,
      params: FileParams,
      bytes: ['application/octet-stream'],
      responses: { 204: { description: 'Stored' } },
      problems: ['bad_request', 'length_required', 'body_too_large', 'digest_mismatch', 'conflict'],
    },
    async (c, { params: { key, sha256 } }) => {
      const file = await manifestFile(c, key, sha256);
      const length = requiredLength(c.req.raw, UPLOAD_BYTES_MAX);
      checkLength(length, file.size, `The file "${file.path}"`);
      const outcome = await store(c, sha256, (object_key) =>
        storeVerified(c.env.BUCKET, object_key, c.req.raw.body, length, sha256),
      );
      if (outcome === 'model_removed') throw modelRemoved('send the file');
      return c.body(null, 204);
    },
  );

  endpoint(
    app,
    {
      method: 'post',
      path: `${PATH}/uploads`,
      operation_id: 'start_model_upload',
      tag,
      summary: 'Begin an upload in parts, or find the one that was begun, with the parts that have arrived',
      scopes: ['admin'],
      unbound: true,
      params: FileParams,
      responses: {
        201: { description: 'Begun', schema: ModelUpload },
        200: { description: 'Under way', schema: ModelUpload },
      },
    },
    async (c, { params: { key, sha256 } }) => {
      await manifestFile(c, key, sha256);
      const db = accountDb(c.env);
      let created = false;
      let upload = await findUpload(db, sha256);
      if (!upload) {
        const upload_id = crypto.randomUUID();
        const begun = await c.env.BUCKET.createMultipartUpload(stagingKey(upload_id));
        created = await recordUpload(db, { sha256, upload_id, bucket_upload_id: begun.uploadId }, Date.now());
        if (!created) await begun.abort();
        upload = await findUpload(db, sha256);
      }
      if (!upload) throw new ProblemError('conflict', 'The upload was completed meanwhile; ask for the model again.');
      const { upload_id, parts } = upload;
      return c.json({ upload_id, part_size: PART_BYTES, parts }, created ? 201 : 200);
    },
  );

  endpoint(
    app,
    {
      method: 'put',
      path: `${PATH}/uploads/{upload_id}/{part_number}`,
      operation_id: 'put_model_part',
      tag,
      summary: 'Send one part; sending it again replaces it',
      scopes: ['admin'],
      unbound: true,
      params: UploadParams.extend({ part_number: z.coerce.number().int().min(1).max(10_000) }),
      bytes: ['application/octet-stream'],
      responses: { 200: { description: 'Arrived', schema: ModelUploadPart } },
      problems: ['bad_request', 'length_required', 'body_too_large', 'digest_mismatch', 'conflict'],
    },
    async (c, { params: { key, sha256, upload_id, part_number } }) => {
      const { size } = await manifestFile(c, key, sha256);
      const upload = await openUpload(c, sha256, upload_id);
      if (!upload) throw notUnderWay();
      const length = requiredLength(c.req.raw, PART_BYTES);
      const start = (part_number - 1) * PART_BYTES;
      checkLength(length, Math.min(PART_BYTES, Math.max(0, size - start)), `Part ${part_number}`);
      const target = c.env.BUCKET.resumeMultipartUpload(stagingKey(upload_id), upload.bucket_upload_id);
      const etag = await storePart(target, part_number, c.req.raw.body, length).catch((error: unknown) => {
        if (NO_SUCH_UPLOAD.test(String(error))) throw new ProblemError('conflict', 'The upload was completed already.');
        throw error;
      });
      await recordPart(accountDb(c.env), upload_id, { part_number, etag }, Date.now());
      return c.json({ part_number, etag });
    },
  );

  endpoint(
    app,
    {
      method: 'post',
      path: `${PATH}/uploads/{upload_id}/complete`,
      operation_id: 'complete_model_upload',
      tag,
      summary: 'Join the parts, verify the digest and store the file',
      scopes: ['admin'],
      unbound: true,
      params: UploadParams,
      body: CompleteUploadBody,
      responses: { 204: { description: 'Stored' } },
      problems: ['digest_mismatch', 'conflict'],
    },
    async (c, { params: { key, sha256, upload_id }, body }) => {
      const db = accountDb(c.env);
      const file = await manifestFile(c, key, sha256);
      const upload = await openUpload(c, sha256, upload_id);
      // Sent again because its answer was lost: the caller must not be told to begin anew.
      if (!upload && file.object_key !== null) return c.body(null, 204);
      if (!upload) throw notUnderWay();
      await keepUpload(db, upload_id, Date.now());
      await joinParts(c, upload, body.parts);
      const staged = stagingKey(upload_id);
      const end = async () => removeObjects(c.env, await endUploads(db, [upload_id], Date.now()), Date.now());
      const outcome = await store(c, sha256, (object_key) => promote(c.env.BUCKET, staged, object_key, sha256)).catch(
        async (error: unknown) => {
          // These bytes never become the file; after any other failure the call may be repeated.
          if (error instanceof ProblemError) await end();
          throw error;
        },
      );
      if (outcome === 'model_removed') throw modelRemoved('complete the upload');
      await end();
      return c.body(null, 204);
    },
  );
}

/** Completing twice is harmless: what was joined before is still on the stage. */
async function joinParts(c: AppContext, upload: Upload, parts: readonly ModelUploadPart[]): Promise<void> {
  const target = c.env.BUCKET.resumeMultipartUpload(stagingKey(upload.upload_id), upload.bucket_upload_id);
  const inOrder = parts
    .map(({ part_number, etag }) => ({ partNumber: part_number, etag }))
    .sort((a, b) => a.partNumber - b.partNumber);
  try {
    await target.complete(inOrder);
  } catch (error) {
    if (NO_SUCH_UPLOAD.test(String(error))) return;
    if (BAD_PARTS.test(String(error)))
      throw new ProblemError(
        'conflict',
        'The parts are not those that arrived; send what is missing, then this again.',
      );
    throw error;
  }
}
