/**
 * Answers that are kept under a caller's Idempotency-Key, in the transaction that made what they tell of: so the
 * thing exists exactly when its answer does.
 */
import { Refusal } from './refusal.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

/** Names an attempt: digests of who calls what under which key, and of the body. */
export interface Attempt {
  key: string;
  body_hash: string;
}

export interface KeptAnswer {
  body_hash: string;
  /** JSON. */
  answer: string;
}

/** What a call under the key was answered, as JSON; null when there was none, or it was forgotten. */
export const keptAnswer = (sql: Sql, key: string): KeptAnswer | null =>
  sql.get('SELECT body_hash, answer FROM idempotency WHERE key = ?', key);

/** What the attempt was answered before; null when it is the first. Another body under the same key is refused. */
export function answered<T>(sql: Sql, { key, body_hash }: Attempt): T | null {
  const row = keptAnswer(sql, key);
  if (!row) return null;
  if (row.body_hash !== body_hash)
    throw new Refusal(
      'idempotency_key_reused',
      'This Idempotency-Key came with another body before; a new call needs a new key.',
    );
  return JSON.parse(row.answer) as T;
}

export function remember({ sql, now }: Turn, { key, body_hash }: Attempt, answer: unknown): void {
  sql.all(
    'INSERT INTO idempotency (key, body_hash, answer, created_at) VALUES (?, ?, ?, ?)',
    key,
    body_hash,
    JSON.stringify(answer),
    now,
  );
}
