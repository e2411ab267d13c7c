/** A small JPEG of some pixels, as the data URL that progress carries. */
import { PREVIEW_BYTES_MAX } from '../../contract/limits.ts';
import type { ProgressImage } from '../../contract/runner/socket.ts';
import type { PreviewPixels } from '../diffusion/preview-pixels.ts';

/** Pixels along the longer side: large enough to see what becomes of it. */
const SIDE_MAX = 256;

/** Tried in order until the result fits. */
const QUALITIES = [75, 50, 25];

/** Null when not even the smallest fits; progress then goes without an image. */
export async function encodePreview({ width, height, rgb }: PreviewPixels): Promise<ProgressImage | null> {
  const { default: sharp } = await import('sharp');
  for (const quality of QUALITIES) {
    const { data, info } = await sharp(rgb, { raw: { width, height, channels: 3 } })
      .resize(SIDE_MAX, SIDE_MAX, { fit: 'inside', withoutEnlargement: true })
      .jpeg({ quality })
      .toBuffer({ resolveWithObject: true });
    const dataURL = `data:image/jpeg;base64,${data.toString('base64')}`;
    if (dataURL.length <= PREVIEW_BYTES_MAX) return { width: info.width, height: info.height, dataURL };
  }
  return null;
}
