/** Assets: immutable bytes under the sha256 that names them (D14). */
import { z } from 'zod';
import { ASSET_BYTES_MAX } from '../../contract/limits.ts';
import { QueueId, Sha256 } from '../../contract/names.ts';
import { ASSET_CONTENT_TYPES, AssetView } from '../../contract/store/asset.ts';
import { hasScope } from '../../contract/store/key.ts';
import { type AssetHolder, holdAnew, recordAsset, reserveAsset } from '../account/assets.ts';
import { accountDb } from '../account/database.ts';
import { noteObject } from '../account/stray-objects.ts';
import { checkQueue } from '../auth/require.ts';
import { mediaType, requiredLength } from '../body.ts';
import { endpoint } from '../endpoint.ts';
import type { App, AppContext } from '../env.ts';
import { ProblemError } from '../problem.ts';
import { findReadableAsset } from '../store/asset-access.ts';
import { assetRetentionMs } from '../store/asset-retention.ts';
import { promote, stage, storeVerified } from '../store/blob.ts';
import { blobResponse } from '../store/blob-response.ts';
import { assetKey, stagingKey } from '../store/object-key.ts';
import { removedOnFailure, removeObjects } from '../store/removal.ts';

const tag = 'assets';
const Params = z.object({ sha256: Sha256 });
const UploadQuery = z.object({ queue_id: QueueId.optional().describe('the queue that a runner stores a result for') });
const ReadQuery = z.object({
  queue_id: QueueId.optional().describe('ask only this queue whether the asset may be read'),
});

const upload = {
  tag,
  scopes: ['enqueue', 'runner'],
  query: UploadQuery,
  bytes: ASSET_CONTENT_TYPES,
  responses: {
    201: { description: 'Stored', schema: AssetView },
    200: { description: 'You had stored it before', schema: AssetView },
  },
  problems: ['bad_request', 'length_required', 'body_too_large', 'unsupported_media_type', 'conflict'],
} as const;

/** A user's upload is the user's. A runner's belongs to its queue, until a recorded result says whose it is. */
async function holderOf(c: AppContext, queue_id: string | undefined): Promise<AssetHolder> {
  const { principal } = c.var;
  if (queue_id !== undefined) {
    if (!hasScope(principal, 'runner'))
      throw new ProblemError('forbidden', 'Only a key with the scope runner stores an asset for a queue.');
    await checkQueue(c.env, principal, queue_id);
    return { kind: 'queue', id: queue_id };
  }
  if (hasScope(principal, 'enqueue')) return { kind: 'user', id: principal.user_id };
  throw new ProblemError('validation_failed', 'A runner names the queue that it stores the asset for.', {
    errors: [{ pointer: '?queue_id', code: 'missing', detail: 'This parameter is required with a runner key.' }],
  });
}

function contentTypeOf(c: AppContext): AssetView['content_type'] {
  const type = mediaType(c.req.header('content-type'));
  const allowed = ASSET_CONTENT_TYPES.find((each) => each === type);
  if (!allowed)
    throw new ProblemError('unsupported_media_type', `An asset is one of ${ASSET_CONTENT_TYPES.join(', ')}.`);
  return allowed;
}

/**
 * Stores bytes that `write` puts under the key that it is given, or only checks when that is null, because they are
 * there; then says who holds them.
 */
async function store(
  c: AppContext,
  asset: AssetView,
  holder: AssetHolder,
  write: (object_key: string | null) => Promise<void>,
): Promise<Response> {
  const db = accountDb(c.env);
  const own_key = assetKey(asset.asset_name, crypto.randomUUID());
  const object_key = (await reserveAsset(db, asset.asset_name, own_key, Date.now())) ? own_key : null;
  const written = object_key === null ? [] : [object_key];
  await removedOnFailure(c.env, written, () => write(object_key));
  const recorded = await recordAsset(db, { ...asset, object_key }, holder, assetRetentionMs(c.env), Date.now());
  if (!recorded) throw new ProblemError('conflict', 'The bytes were collected while they were sent; send them again.');
  const { object_key: used, preview: _, ...view } = recorded.asset;
  // Somebody else stored the same bytes at the same time, and was first.
  if (object_key !== null && used !== object_key) await removeObjects(c.env, [object_key], Date.now());
  return c.json(view, recorded.granted ? 201 : 200, { location: `/api/v1/assets/${asset.asset_name}` });
}

export function registerAssetsRoutes(app: App): void {
  endpoint(
    app,
    {
      ...upload,
      method: 'put',
      path: '/api/v1/assets/{sha256}',
      operation_id: 'put_asset',
      summary: 'Store bytes under their sha256',
      params: Params,
      problems: [...upload.problems, 'digest_mismatch'],
    },
    async (c, { params: { sha256 }, query: { queue_id } }) => {
      const holder = await holderOf(c, queue_id);
      const content_type = contentTypeOf(c);
      const size = requiredLength(c.req.raw, ASSET_BYTES_MAX);
      return store(c, { asset_name: sha256, content_type, size }, holder, (object_key) =>
        storeVerified(c.env.BUCKET, object_key, c.req.raw.body, size, sha256),
      );
    },
  );

  endpoint(
    app,
    {
      ...upload,
      method: 'post',
      path: '/api/v1/assets',
      operation_id: 'create_asset',
      summary: 'Store bytes; the answer says their sha256',
    },
    async (c, { query: { queue_id } }) => {
      const holder = await holderOf(c, queue_id);
      const content_type = contentTypeOf(c);
      const size = requiredLength(c.req.raw, ASSET_BYTES_MAX);
      const staged = stagingKey(crypto.randomUUID());
      await noteObject(accountDb(c.env), staged, Date.now());
      const response = await removedOnFailure(c.env, [staged], async () => {
        const sha256 = await stage(c.env.BUCKET, staged, c.req.raw.body, size);
        return store(c, { asset_name: sha256, content_type, size }, holder, (object_key) =>
          promote(c.env.BUCKET, staged, object_key, sha256),
        );
      });
      await removeObjects(c.env, [staged], Date.now());
      return response;
    },
  );

  endpoint(
    app,
    {
      method: 'post',
      path: '/api/v1/assets/{sha256}/hold',
      operation_id: 'hold_asset',
      tag,
      summary: 'Say that results of a queue will refer to an asset that it has; saves a runner to send the bytes again',
      scopes: ['runner'],
      params: Params,
      query: z.object({ queue_id: QueueId }),
      responses: { 200: { description: 'The queue holds it from now on', schema: AssetView } },
    },
    async (c, { params: { sha256 }, query: { queue_id } }) => {
      await checkQueue(c.env, c.var.principal, queue_id);
      const asset = await holdAnew(accountDb(c.env), sha256, queue_id, Date.now());
      if (!asset)
        throw new ProblemError('not_found', `The queue "${queue_id}" has no asset ${sha256}; send its bytes.`);
      const { asset_name, content_type, size } = asset;
      return c.json({ asset_name, content_type, size }, 200);
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: '/api/v1/assets/{sha256}',
      operation_id: 'get_asset',
      tag,
      summary: 'The bytes of an asset that you uploaded or that an item of yours refers to; HEAD and ranges too',
      scopes: ['read', 'runner'],
      params: Params,
      query: ReadQuery,
      headers: z.object({ range: z.string().optional(), 'if-none-match': z.string().optional() }),
      responses: {
        200: { description: 'The bytes', content_type: '*/*' },
        206: { description: 'A range of them', content_type: '*/*' },
        304: { description: 'You have them' },
      },
      problems: ['range_not_satisfiable'],
    },
    async (c, { params: { sha256 }, query: { queue_id } }) => {
      const asset = await findReadableAsset(c.env, c.var.principal, sha256, queue_id);
      if (!asset)
        throw new ProblemError(
          'not_found',
          `There is no asset ${sha256} that you may read. If an item refers to it, name its queue with ?queue_id=.`,
        );
      const { object_key, content_type, size } = asset;
      const file_name = fileName(sha256, content_type);
      return blobResponse(c, { object_key, tag: sha256, size, content_type, file_name });
    },
  );
}

/** How a browser would name what it saves. */
export const fileName = (name: string, content_type: AssetView['content_type']): string =>
  `${name.slice(0, 12)}.${EXTENSIONS[content_type]}`;

const EXTENSIONS: Record<AssetView['content_type'], string> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
  'audio/wav': 'wav',
  'audio/mpeg': 'mp3',
  'video/mp4': 'mp4',
  'application/json': 'json',
  'application/octet-stream': 'bin',
  'text/plain': 'txt',
};
