/** Sends stored bytes: immutable, in ranges, and never as something that a browser would run. */
import type { AppContext } from '../env.ts';
import { ProblemError } from '../problem.ts';
import { namesEtag, parseRange } from './range.ts';

interface Blob {
  object_key: string;
  /** What is written to the ETag: other bytes have another one. */
  tag: string;
  size: number;
  content_type: string;
  /** How a browser would name the file. */
  file_name: string;
}

/** Shown in the page when it is one of these, saved as a file otherwise. */
const INLINE = /^(image|audio|video)\//;

function headersOf(blob: Blob): Record<string, string> {
  const disposition = INLINE.test(blob.content_type) ? 'inline' : 'attachment';
  return {
    'content-type': blob.content_type,
    'content-disposition': `${disposition}; filename="${blob.file_name}"`,
    etag: `"${blob.tag}"`,
    'accept-ranges': 'bytes',
    // What has this name never changes: a copy never becomes wrong. Only its reader may keep one.
    'cache-control': 'private, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
  };
}

/** Called once the reader's right to the blob was checked. */
export async function blobResponse(c: AppContext, blob: Blob): Promise<Response> {
  const headers = headersOf(blob);
  const etag = `"${blob.tag}"`;
  const ifNoneMatch = c.req.header('if-none-match');
  if (ifNoneMatch !== undefined && namesEtag(ifNoneMatch, etag)) return new Response(null, { status: 304, headers });
  if (c.req.method === 'HEAD')
    return new Response(null, { headers: { ...headers, 'content-length': String(blob.size) } });

  const ifRange = c.req.header('if-range');
  const wanted = ifRange === undefined || ifRange.trim() === etag ? c.req.header('range') : undefined;
  const range = parseRange(wanted, blob.size);
  if (range === 'unsatisfiable')
    throw new ProblemError('range_not_satisfiable', `The object has ${blob.size} bytes.`, {
      headers: { 'content-range': `bytes */${blob.size}` },
    });
  const object = await c.env.BUCKET.get(blob.object_key, range === 'whole' ? {} : { range });
  if (!object) throw new ProblemError('not_found', 'The bytes are not in the store.');
  if (range === 'whole')
    return new Response(object.body, { headers: { ...headers, 'content-length': String(blob.size) } });
  const { offset, length } = range;
  return new Response(object.body, {
    status: 206,
    headers: {
      ...headers,
      'content-length': String(length),
      'content-range': `bytes ${offset}-${offset + length - 1}/${blob.size}`,
    },
  });
}
