/** Small images of assets: runners make them, and whoever may read the asset may see them (D14). */
import { z } from 'zod';
import { ASSET_PREVIEW_BYTES_MAX, SELF_PREVIEW_BYTES_MAX } from '../../contract/limits.ts';
import { QueueId, Sha256 } from '../../contract/names.ts';
import { AssetPreview, PREVIEW_CONTENT_TYPES } from '../../contract/store/asset.ts';
import { recordPreview } from '../account/asset-previews.ts';
import { findAsset, findQueueAssets } from '../account/assets.ts';
import { accountDb } from '../account/database.ts';
import { noteObject } from '../account/stray-objects.ts';
import { checkQueue } from '../auth/require.ts';
import { mediaType, requiredLength } from '../body.ts';
import { endpoint } from '../endpoint.ts';
import type { App, AppContext } from '../env.ts';
import { ProblemError } from '../problem.ts';
import { findReadableAsset } from '../store/asset-access.ts';
import { blobResponse } from '../store/blob-response.ts';
import { previewKey } from '../store/object-key.ts';
import { removedOnFailure, removeObjects } from '../store/removal.ts';
import { fileName } from './assets.ts';

const tag = 'assets';
const Params = z.object({ sha256: Sha256 });

/** How bytes of a type begin: `null` is any byte. A name alone would let anything be called an image. */
const SIGNATURES: Record<AssetPreview['content_type'], readonly (number | null)[]> = {
  'image/jpeg': [0xff, 0xd8, 0xff],
  'image/webp': [0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50],
};

/** A sent preview: of a type and a size that are taken, and what its type says. */
async function readPreview(c: AppContext): Promise<{ content_type: AssetPreview['content_type']; bytes: Uint8Array }> {
  const type = mediaType(c.req.header('content-type'));
  const content_type = PREVIEW_CONTENT_TYPES.find((each) => each === type);
  if (!content_type)
    throw new ProblemError('unsupported_media_type', `A preview is one of ${PREVIEW_CONTENT_TYPES.join(', ')}.`);
  const length = requiredLength(c.req.raw, ASSET_PREVIEW_BYTES_MAX);
  const bytes = new Uint8Array(await c.req.raw.arrayBuffer());
  if (bytes.length !== length)
    throw new ProblemError('bad_request', 'The body broke off, or is not as long as its Content-Length says.');
  if (SIGNATURES[content_type].some((byte, at) => byte !== null && bytes[at] !== byte))
    throw new ProblemError('unsupported_media_type', `The body is no ${content_type}.`);
  return { content_type, bytes };
}

const lacking = (queue_id: string, sha256: string) =>
  new ProblemError('not_found', `The queue "${queue_id}" has no asset ${sha256}; store that first.`);

export function registerAssetPreviewRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'put',
      path: '/api/v1/assets/{sha256}/preview',
      operation_id: 'put_asset_preview',
      tag,
      summary: 'Give an image its small one; the first that is given stays',
      scopes: ['runner'],
      params: Params,
      query: z.object({ queue_id: QueueId.describe('the queue that the asset is a result of') }),
      bytes: PREVIEW_CONTENT_TYPES,
      responses: {
        // One answer: whether there was one says whether somebody else, maybe in another queue, had the same image.
        200: { description: 'What was sent. The image has it now, unless it had one', schema: AssetPreview },
      },
      problems: ['bad_request', 'length_required', 'body_too_large', 'unsupported_media_type'],
    },
    async (c, { params: { sha256 }, query: { queue_id } }) => {
      await checkQueue(c.env, c.var.principal, queue_id);
      const { content_type, bytes } = await readPreview(c);
      const db = accountDb(c.env);
      const [held] = await findQueueAssets(db, { names: [sha256], queue_ids: [queue_id] });
      const asset = held === undefined ? null : await findAsset(db, sha256);
      if (!asset?.content_type.startsWith('image/')) throw lacking(queue_id, sha256);
      const sent = { asset_name: sha256, content_type, size: bytes.length };
      if (!asset.preview && !(await store(c, sent, bytes))) throw lacking(queue_id, sha256);
      return c.json(sent, 200);
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: '/api/v1/assets/{sha256}/preview',
      operation_id: 'get_asset_preview',
      tag,
      summary: 'A small image of an image that you may read: its preview, or itself when it is small',
      scopes: ['read', 'runner'],
      params: Params,
      query: z.object({
        queue_id: QueueId.optional().describe('ask only this queue whether the asset may be read'),
      }),
      headers: z.object({ range: z.string().optional(), 'if-none-match': z.string().optional() }),
      responses: {
        200: { description: 'The bytes', content_type: 'image/*' },
        206: { description: 'A range of them', content_type: 'image/*' },
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
      const { preview } = asset;
      if (preview) {
        const file_name = fileName(sha256, preview.content_type);
        return blobResponse(c, { ...preview, tag: `${sha256}.preview`, file_name });
      }
      const { object_key, content_type, size } = asset;
      if (!content_type.startsWith('image/'))
        throw new ProblemError('not_found', `The asset ${sha256} is no image: there is no preview of it.`);
      if (size > SELF_PREVIEW_BYTES_MAX)
        throw new ProblemError(
          'not_found',
          `The asset ${sha256} has no preview: runners make them of what a session is for, a moment later. Read the asset.`,
        );
      return blobResponse(c, {
        object_key,
        tag: sha256,
        size,
        content_type,
        file_name: fileName(sha256, content_type),
      });
    },
  );
}

/** Writes the bytes to an object of their own and takes it into use; the one that the asset has then, or null. */
async function store(c: AppContext, preview: AssetPreview, bytes: Uint8Array) {
  const db = accountDb(c.env);
  const object_key = previewKey(preview.asset_name, crypto.randomUUID());
  await noteObject(db, object_key, Date.now());
  const used = await removedOnFailure(c.env, [object_key], async () => {
    await c.env.BUCKET.put(object_key, bytes);
    return recordPreview(db, preview, object_key);
  });
  // Somebody else gave one at the same time and was first, or the asset is gone.
  if (used?.object_key !== object_key) await removeObjects(c.env, [object_key], Date.now());
  return used;
}
