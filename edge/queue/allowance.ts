/** How many leases a runner may be granted now, whatever waits. */
import { HELD_LEASES_MAX } from '../../contract/limits.ts';
import type { RunnerRow } from './runners.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

export const isPaused = (sql: Sql): boolean => sql.get<{ paused: number }>('SELECT paused FROM queue')?.paused === 1;

/**
 * What is enqueued may still bring results when nothing more is taken (requireStorage): past this part of the limit
 * nothing starts either, so that what runs can be recorded before the platform’s own limit.
 */
const STORAGE_PART_MAX = 9 / 8;

const isFull = ({ sql, settings }: Turn): boolean => sql.size > settings.max_storage_bytes * STORAGE_PART_MAX;

/**
 * Nothing while the queue is paused, its database is full or the runner drains, and never more than a heartbeat of it
 * can name.
 */
export function allowance(turn: Turn, runner: RunnerRow, max_items: number): number {
  const { sql } = turn;
  if (max_items === 0 || runner.draining === 1 || isPaused(sql) || isFull(turn)) return 0;
  return Math.min(max_items, HELD_LEASES_MAX - heldBy(sql, runner.runner_no, HELD_LEASES_MAX));
}

/** How many leases the runner holds, counted up to `limit`. */
export const heldBy = (sql: Sql, runner_no: number, limit: number): number =>
  sql.one<{ held: number }>(
    'SELECT COUNT(*) AS held FROM (SELECT 1 FROM items WHERE runner_no = ? LIMIT ?)',
    runner_no,
    limit,
  ).held;
