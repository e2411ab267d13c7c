/**
 * What bounds a queue's growth. Each pass does a bounded part of everything, in the transaction of whatever call came,
 * and says when the next is due: soon while there is more to do, after a while when something will be due some day, never
 * when the queue is empty, so that an idle queue sleeps.
 */
import { collect } from './collection.ts';
import { pruneFinished } from './history.ts';
import { pruneLog } from './log.ts';
import type { Turn } from './turn.ts';

/** Between two passes when there is more to do, so that callers come in between. */
const BUSY_MS = 100;
/** While things happen. */
const ACTIVE_MS = 60_000;
/** When nothing has happened for a while. */
const IDLE_MS = 3_600_000;

/** Makes sure that a pass is due soon: called where something is stored that does not end by itself. */
export function lookAfter({ sql, now }: Turn): void {
  sql.all('UPDATE queue SET retention_at = ?1 WHERE retention_at IS NULL OR retention_at > ?1', now + ACTIVE_MS);
}

/** A pass, when it is due. */
export function retain(turn: Turn): void {
  const { sql, now } = turn;
  const due = sql.get<{ retention_at: number | null }>('SELECT retention_at FROM queue')?.retention_at ?? null;
  if (due === null || due > now) return;
  const more = [pruneFinished(turn), pruneLog(sql, turn.settings, now), collect(turn)].some((part) => part);
  sql.all('UPDATE queue SET retention_at = ?', more ? now + BUSY_MS : nextPass(turn));
}

function nextPass({ sql, now }: Turn): number | null {
  // The alarm tells the account of them.
  if (sql.get('SELECT 1 FROM asset_releases LIMIT 1')) return now + ACTIVE_MS;
  const newest = sql.get<{ at: number }>('SELECT at FROM log ORDER BY sequence DESC LIMIT 1');
  if (newest && newest.at > now - ACTIVE_MS) return now + ACTIVE_MS;
  const left = newest ?? sql.get('SELECT 1 FROM batches LIMIT 1') ?? sql.get('SELECT 1 FROM idempotency LIMIT 1');
  return left ? now + IDLE_MS : null;
}
