/** Assets: immutable blobs named by the sha256 of their bytes (D14). */
import { z } from 'zod';
import { Sha256 } from '../names.ts';

/** What may be stored and served: nothing that a browser would run. */
export const ASSET_CONTENT_TYPES = [
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/gif',
  'image/avif',
  'audio/wav',
  'audio/mpeg',
  'video/mp4',
  'application/json',
  'application/octet-stream',
  'text/plain',
] as const;

export const AssetView = z
  .object({ asset_name: Sha256, content_type: z.enum(ASSET_CONTENT_TYPES), size: z.int() })
  .meta({ id: 'Asset' });
export type AssetView = z.infer<typeof AssetView>;

/** What the small image of an asset may be. */
export const PREVIEW_CONTENT_TYPES = ['image/webp', 'image/jpeg'] as const;

export const AssetPreview = z
  .object({ asset_name: Sha256, content_type: z.enum(PREVIEW_CONTENT_TYPES), size: z.int() })
  .meta({ id: 'AssetPreview' });
export type AssetPreview = z.infer<typeof AssetPreview>;
