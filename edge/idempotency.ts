/**
 * `Idempotency-Key` (IETF draft): the name that a caller gives to one attempt, so that the attempt may be sent again.
 * Who keeps the answer is the business of whoever keeps what was made: D1 for the account, the object for a queue.
 */
import { sha256Hex } from './digest.ts';
import type { AppContext } from './env.ts';
import { ProblemError } from './problem.ts';

/** Characters of the header's value. */
export const IDEMPOTENCY_KEY_LENGTH_MAX = 255;

/** How long an answer is kept for a repeated call. */
export const IDEMPOTENCY_KEPT_MS = 24 * 60 * 60 * 1000;

/** RFC 9651: printable ASCII in quotes, with `"` and `\` escaped. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
/** What most clients send: a UUID or the like, without the quotes. */
const PLAIN = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;

/** The key of the header, or null when it is none. `"a"` and `a` are the same key. */
export function parseIdempotencyKey(header: string): string | null {
  const text = header.trim();
  const key = QUOTED.exec(text)?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? (PLAIN.test(text) ? text : '');
  return key.length > 0 && key.length <= IDEMPOTENCY_KEY_LENGTH_MAX ? key : null;
}

export interface Idempotency {
  /** Names the attempt: of this principal, at this address. */
  key: string;
  /** sha256 of the body's bytes as they were sent. */
  body_hash: string;
}

/** Null when the caller asked for none. Called by a handler, after `endpoint` has read the body. */
export async function idempotencyOf(c: AppContext): Promise<Idempotency | null> {
  const header = c.req.header('idempotency-key');
  if (header === undefined) return null;
  const key = parseIdempotencyKey(header);
  if (key === null)
    throw new ProblemError(
      'bad_request',
      `Idempotency-Key is a string in quotes, or without them 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} printable characters; send a UUID.`,
    );
  const { principal, operation_id, body_hash } = c.var;
  return {
    // The address too: the same key for two things that an operation is about names two attempts.
    key: await sha256Hex(JSON.stringify([principal.key_id, operation_id, c.req.path, key])),
    body_hash: body_hash ?? (await sha256Hex('')),
  };
}
