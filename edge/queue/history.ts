/** How long what has ended is kept: by age and by number, as the queue's settings say. */
import { IS_IN_USE } from './chains.ts';
import { remove } from './remove.ts';
import { counted, FINAL, listed, rangesOf, sizeOf } from './selection.ts';
import type { Turn } from './turn.ts';

/** Items that one pass removes: a pass is part of somebody's call. */
export const ITEMS_PER_PASS = 5_000;

type FinishedRow = Parameters<typeof rangesOf>[0][number];

const FINISHED = `SELECT items.item_id, items.batch_no, batches.user_id, items.status
  FROM items JOIN batches USING (batch_no)
  WHERE items.deleted IS NULL AND items.status IN (${listed(FINAL)}) AND NOT ${IS_IN_USE}`;

/** Removes what is past the settings, oldest first. Whether there may be more to do. */
export function pruneFinished(turn: Turn): boolean {
  const found = [...tooOld(turn), ...tooMany(turn)].sort((a, b) => a.item_id - b.item_id);
  const ranges = rangesOf(found.filter((row, index) => row.item_id !== found[index - 1]?.item_id));
  remove(turn, ranges, 'pruned');
  return sizeOf(ranges) >= ITEMS_PER_PASS;
}

/** No item is older than its batch, so that only old batches are looked into. */
function tooOld({ sql, settings, now }: Turn): FinishedRow[] {
  if (settings.finished_retention_seconds === null) return [];
  const before = now - settings.finished_retention_seconds * 1_000;
  const old = sql.get(`SELECT 1 FROM batches WHERE created_at < ? AND ${counted(FINAL)} > 0 LIMIT 1`, before);
  if (!old) return [];
  return sql.all<FinishedRow>(
    `${FINISHED} AND items.completed_at < ? ORDER BY items.item_id LIMIT ?`,
    before,
    ITEMS_PER_PASS,
  );
}

function tooMany({ sql, settings }: Turn): FinishedRow[] {
  const { finished_retention_count: kept } = settings;
  if (kept === null) return [];
  const finished = sql.get<{ finished: number }>(`SELECT ${counted(FINAL)} AS finished FROM queue`)?.finished ?? 0;
  if (finished <= kept) return [];
  return sql.all<FinishedRow>(`${FINISHED} ORDER BY items.item_id LIMIT ?`, Math.min(finished - kept, ITEMS_PER_PASS));
}
