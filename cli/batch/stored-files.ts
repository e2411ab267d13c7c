/** Files of this machine as assets of the service: what `--set node.field=@photo.png` names. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { AssetClient } from '../../client/assets.ts';
import type { AssetView } from '../../contract/store/asset.ts';
import { UsageError } from '../exit-code.ts';
import { readable } from '../readable.ts';
import type { LocalFile } from './assignment.ts';
import type { StoredFile } from './document.ts';

type ContentType = AssetView['content_type'];

const IMAGES: Record<string, ContentType> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.avif': 'image/avif',
};

const OTHERS: Record<string, ContentType> = {
  '.wav': 'audio/wav',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.json': 'application/json',
  '.txt': 'text/plain',
};

/** By the ending of its name. */
export const contentTypeOf = (file: string): ContentType =>
  IMAGES[endingOf(file)] ?? OTHERS[endingOf(file)] ?? 'application/octet-stream';

const endingOf = (file: string): string => path.extname(file).toLowerCase();

/** Uploads a file, or every image of a folder in the order of their names. Throws a UsageError when there is none. */
export async function storeFiles(assets: AssetClient, file: LocalFile, signal: AbortSignal): Promise<StoredFile[]> {
  const stored: StoredFile[] = [];
  for (const each of filesAt(file.path)) {
    const content_type = contentTypeOf(each);
    const { asset_name } = await assets.upload(
      readable(each, () => bytesOf(each)),
      content_type,
      { signal },
    );
    stored.push(content_type.startsWith('image/') ? { image_name: asset_name } : { asset_name, content_type });
  }
  return stored;
}

const bytesOf = (file: string) => new Uint8Array(readFileSync(file));
const isFolder = (place: string): boolean => statSync(place).isDirectory();

function filesAt(place: string): string[] {
  if (!readable(place, () => isFolder(place))) return [place];
  const images = readdirSync(place).filter((name) => endingOf(name) in IMAGES);
  if (images.length === 0) throw new UsageError(`${place} holds no images (${Object.keys(IMAGES).join(', ')}).`);
  return images.sort().map((name) => path.join(place, name));
}
