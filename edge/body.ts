/** Request bodies: read within a limit, parsed, and checked before anything else sees them. */
import type { z } from 'zod';
import { zodFaults } from '../contract/error/faults.ts';
import { checkJson } from '../contract/error/json-check.ts';
import { BODY_BYTES_MAX } from '../contract/limits.ts';
import { hex } from './digest.ts';
import type { AppContext } from './env.ts';
import { ProblemError } from './problem.ts';

const bodyTooLarge = (limit: number) =>
  new ProblemError('body_too_large', `The body may have ${limit} bytes at most.`, { extra: { limit } });

/** The type without its parameters, in lower case; empty when the header is absent. */
export const mediaType = (header: string | null | undefined): string =>
  (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

/**
 * The declared length, refused when it is over `limit`; null when none is declared. It is only a promise: whoever
 * reads the body counts as well.
 */
export function declaredLength(request: Request, limit: number): number | null {
  const header = request.headers.get('content-length');
  if (header === null) return null;
  if (!/^\d{1,15}$/.test(header)) throw new ProblemError('bad_request', 'Content-Length is not a number.');
  if (Number(header) > limit) throw bodyTooLarge(limit);
  return Number(header);
}

/** The whole body, counted while it arrives. */
async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array();
  // A connection carries no more than it declared, and one read of the whole is ten times as fast as many small ones.
  if (declaredLength(request, limit) !== null) {
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (bytes.byteLength > limit) throw bodyTooLarge(limit);
    return bytes;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > limit) {
      await reader.cancel();
      throw bodyTooLarge(limit);
    }
    chunks.push(value);
  }
  if (chunks.length === 1 && chunks[0]) return chunks[0];
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** Of a larger body that does not fit its schema only the first fault is told: each costs more than what it is about. */
const EVERY_FAULT_BYTES_MAX = 256 * 1024;

/** zod's own switch of `validate`, which is this and throws the result away. */
const FIRST_FAULT = { abortEarly: true } as z.core.ParseContext<z.core.$ZodIssue>;

function fit<Schema extends z.ZodType>(schema: Schema, document: unknown, bytes: number) {
  if (bytes <= EVERY_FAULT_BYTES_MAX)
    try {
      return schema.safeParse(document);
    } catch (error) {
      // More faults than zod can move from a list to the list around it.
      if (!(error instanceof RangeError)) throw error;
    }
  return schema.safeParse(document, FIRST_FAULT);
}

/** Throws when the document is not one for its schema at all, such as one of another protocol. */
export type Precondition = (document: unknown) => void;

/** Text → JSON → depth and keys → schema; the faults of the first of these steps that finds some. */
export function parseJson<Schema extends z.ZodType>(
  bytes: Uint8Array,
  schema: Schema,
  precondition: Precondition = () => {},
): z.output<Schema> {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'it is not UTF-8';
    throw new ProblemError('malformed_json', `The body is not JSON: ${reason}.`);
  }
  const forbidden = checkJson(document);
  if (forbidden.length > 0)
    throw new ProblemError('validation_failed', 'The body holds what is never accepted.', { errors: forbidden });
  precondition(document);
  const result = fit(schema, document, bytes.byteLength);
  if (!result.success)
    throw new ProblemError('validation_failed', 'The body does not fit its schema.', {
      errors: zodFaults(result.error),
    });
  return result.data;
}

export async function readJson<Schema extends z.ZodType>(
  c: AppContext,
  schema: Schema,
  options: { limit?: number; precondition?: Precondition } = {},
): Promise<z.output<Schema>> {
  const type = c.req.header('content-type');
  if (mediaType(type) !== 'application/json')
    throw new ProblemError('unsupported_media_type', 'Send the body as application/json.');
  const bytes = await readBytes(c.req.raw, options.limit ?? BODY_BYTES_MAX);
  if (c.req.header('idempotency-key') !== undefined)
    c.set('body_hash', hex(await crypto.subtle.digest('SHA-256', bytes)));
  return parseJson(bytes, schema, options.precondition);
}

/** The length of a body that is passed on unread: the bucket wants to know it beforehand. */
export function requiredLength(request: Request, limit: number): number {
  const length = declaredLength(request, limit);
  if (length === null) throw new ProblemError('length_required', 'Send the body with a Content-Length.');
  return length;
}
