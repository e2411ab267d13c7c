/** The small image of an image: which need one, and how it is made. */
import { ASSET_PREVIEW_BYTES_MAX, IMAGE_PIXELS_MAX, SELF_PREVIEW_BYTES_MAX } from '../../contract/limits.ts';

/** Pixels along the longer side of a preview: what a page of results shows of each. */
export const PREVIEW_SIDE = 256;

/** WebP, because it is small and has transparency. */
export const PREVIEW_TYPE = 'image/webp';

/** Tried in order until the result fits: the last fits whatever it shows, noise in colour and transparency too. */
const TRIES = [
  { side: PREVIEW_SIDE, quality: 75 },
  { side: PREVIEW_SIDE, quality: 40 },
  { side: PREVIEW_SIDE / 2, quality: 40 },
];

/** False for what is as small as a preview would be. Reads a PNG's header; of other types only their bytes count. */
export function needsPreview(bytes: Uint8Array): boolean {
  if (bytes.length > SELF_PREVIEW_BYTES_MAX) return true;
  const side = pngSide(bytes);
  return side === null || side > PREVIEW_SIDE;
}

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** The longer side of a PNG (ISO/IEC 15948 §11.2.2: its first chunk begins with width and height); null: it is none. */
function pngSide(bytes: Uint8Array): number | null {
  if (bytes.length < 24 || PNG_SIGNATURE.some((byte, at) => bytes[at] !== byte)) return null;
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Math.max(header.getUint32(16), header.getUint32(20));
}

/** Null when the image is small enough itself. Rejects when it is no image. */
export async function encodeAssetPreview(bytes: Uint8Array): Promise<Uint8Array | null> {
  const { default: sharp } = await import('sharp');
  const source = () => sharp(bytes, { limitInputPixels: IMAGE_PIXELS_MAX, sequentialRead: true });
  const { width, height } = await source().metadata();
  if (Math.max(width, height) <= PREVIEW_SIDE && bytes.length <= SELF_PREVIEW_BYTES_MAX) return null;
  for (const { side, quality } of TRIES) {
    const small = source().autoOrient().resize(side, side, { fit: 'inside', withoutEnlargement: true });
    const preview = await small.webp({ quality, alphaQuality: quality }).toBuffer();
    if (preview.length <= ASSET_PREVIEW_BYTES_MAX) return preview;
  }
  throw new Error(`no preview of this image has ${ASSET_PREVIEW_BYTES_MAX} bytes at most`);
}
