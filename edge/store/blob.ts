/**
 * Bytes of a known sha256. The bucket itself checks the digest of what is put and stores nothing when it differs, so
 * that no partial or wrong object is ever taken into use; what has no known digest yet, and what arrives in parts, is
 * staged first.
 */
import { hex } from '../digest.ts';
import { ProblemError } from '../problem.ts';

/** What the bucket calls a digest that does not match; its message would tell the real one, so ours replaces it. */
const BAD_DIGEST = /\(10037\)/;

const digestMismatch = () =>
  new ProblemError('digest_mismatch', 'The bytes have another sha256 than the one they were sent under.');

/** A body of declared length, on its way into a sink that needs to know the length. */
interface Transfer {
  readable: ReadableStream<Uint8Array>;
  /** Settles when the body has ended: rejects when it was longer or shorter than declared. */
  done: Promise<void>;
}

function transfer(body: ReadableStream<Uint8Array> | null, length: number): Transfer {
  const fixed = new FixedLengthStream(length);
  const source = body ?? new Response('').body;
  if (source === null) throw new Error('an empty response has no stream');
  return { readable: fixed.readable, done: source.pipeTo(fixed.writable) };
}

/** Runs `sink` on the body; tells a broken body from a broken sink. */
async function receive<Result>(
  body: ReadableStream<Uint8Array> | null,
  length: number,
  sink: (readable: ReadableStream<Uint8Array>) => Promise<Result>,
): Promise<Result> {
  const { readable, done } = transfer(body, length);
  const [sent, stored] = await Promise.allSettled([done, sink(readable)]);
  if (stored.status === 'fulfilled' && sent.status === 'fulfilled') return stored.value;
  if (stored.status === 'rejected' && BAD_DIGEST.test(String(stored.reason))) throw digestMismatch();
  // A stream that ends too early or too late is a TypeError, whichever end reports it; the bucket's own are not.
  if (stored.status === 'rejected' && !(stored.reason instanceof TypeError)) throw stored.reason;
  throw new ProblemError('bad_request', 'The body broke off, or is not as long as its Content-Length says.');
}

async function digestOf(readable: ReadableStream<Uint8Array>): Promise<string> {
  const stream = new crypto.DigestStream('SHA-256');
  await readable.pipeTo(stream);
  return hex(await stream.digest);
}

/**
 * Stores the bytes under `object_key` when they have the digest. Null when they are stored already: then nothing is
 * written, but the body is still checked, since who cannot show the bytes must not learn that they exist.
 */
export async function storeVerified(
  bucket: R2Bucket,
  object_key: string | null,
  body: ReadableStream<Uint8Array> | null,
  length: number,
  sha256: string,
): Promise<void> {
  if (object_key === null) {
    if ((await receive(body, length, digestOf)) !== sha256) throw digestMismatch();
    return;
  }
  await receive(body, length, (readable) => bucket.put(object_key, readable, { sha256 }));
}

/** Stages bytes of unknown digest, which is the answer. */
export async function stage(
  bucket: R2Bucket,
  key: string,
  body: ReadableStream<Uint8Array> | null,
  length: number,
): Promise<string> {
  const digest = new crypto.DigestStream('SHA-256');
  const hashing = digest.getWriter();
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      await hashing.write(chunk);
      controller.enqueue(chunk);
    },
    flush: () => hashing.close(),
  });
  await receive(body?.pipeThrough(counted) ?? null, length, (readable) => bucket.put(key, readable));
  if (body === null) await hashing.close();
  return hex(await digest.digest);
}

/** Copies a staged object to its own key (null as above), verified on the way. It stays on the stage as well. */
export async function promote(
  bucket: R2Bucket,
  staged: string,
  object_key: string | null,
  sha256: string,
): Promise<void> {
  const object = await bucket.get(staged);
  if (!object) throw new ProblemError('conflict', 'The upload is gone; begin again.');
  await storeVerified(bucket, object_key, object.body, object.size, sha256);
}

/** One part of an upload in parts. */
export async function storePart(
  upload: R2MultipartUpload,
  part_number: number,
  body: ReadableStream<Uint8Array> | null,
  length: number,
): Promise<string> {
  return (await receive(body, length, (readable) => upload.uploadPart(part_number, readable))).etag;
}
