/** The register of queues: which exist, and with which settings. */
import { asc, eq, inArray, sql } from 'drizzle-orm';
import { timestamp } from '../../contract/names.ts';
import { DEFAULT_QUEUE_SETTINGS, type Queue, type QueueSettings } from '../../contract/queue/queue.ts';
import { IsolateCache } from '../cache.ts';
import type { AccountDb } from './database.ts';
import { queues } from './schema.ts';

/** Existence is asked with every call of a queue. Queues are not deleted, so a yes may be kept for the full time. */
const known = new IsolateCache<true>(10_000);
const KNOWN_MS = 30_000;

type Row = typeof queues.$inferSelect;

const view = (row: Row): Queue => ({
  queue_id: row.queue_id,
  settings: { ...DEFAULT_QUEUE_SETTINGS, ...row.settings },
  created_at: timestamp(row.created_at),
});

export async function findQueue(db: AccountDb, queue_id: string): Promise<Queue | null> {
  const row = await db.select().from(queues).where(eq(queues.queue_id, queue_id)).get();
  return row ? view(row) : null;
}

/** A no is never kept: a queue must be usable everywhere as soon as it was created. */
export async function queueExists(db: AccountDb, queue_id: string, now: number): Promise<boolean> {
  if (known.get(queue_id, now)) return true;
  const row = await db.select({ queue_id: queues.queue_id }).from(queues).where(eq(queues.queue_id, queue_id)).get();
  if (row) known.set(queue_id, true, now + KNOWN_MS);
  return row !== undefined;
}

/** The queue under this id, and whether this call made it. */
export async function createQueue(
  db: AccountDb,
  wanted: { queue_id: string; settings: Partial<QueueSettings> },
  now: number,
): Promise<{ queue: Queue; created: boolean }> {
  const inserted = await db
    .insert(queues)
    .values({ queue_id: wanted.queue_id, settings: wanted.settings, created_at: now })
    .onConflictDoNothing()
    .returning();
  if (inserted[0]) return { queue: view(inserted[0]), created: true };
  const existing = await findQueue(db, wanted.queue_id);
  if (!existing) throw new Error(`queue ${wanted.queue_id} neither inserted nor found`);
  return { queue: existing, created: false };
}

/** Sets what `change` names and leaves the rest, whatever else is set meanwhile. */
export async function changeQueue(
  db: AccountDb,
  queue_id: string,
  change: Partial<QueueSettings>,
): Promise<Queue | null> {
  const [row] = await db
    .update(queues)
    .set({ settings: sql`json_patch(${queues.settings}, ${JSON.stringify(change)})` })
    .where(eq(queues.queue_id, queue_id))
    .returning();
  return row ? view(row) : null;
}

/** Those of `queue_ids` that do not exist. */
export async function unknownQueues(db: AccountDb, queue_ids: readonly string[]): Promise<Set<string>> {
  const found = await db
    .select({ queue_id: queues.queue_id })
    .from(queues)
    .where(inArray(queues.queue_id, sql`(SELECT value FROM json_each(${JSON.stringify(queue_ids)}))`));
  const known = new Set(found.map((row) => row.queue_id));
  return new Set(queue_ids.filter((queue_id) => !known.has(queue_id)));
}

export async function listQueues(db: AccountDb): Promise<Queue[]> {
  return (await db.select().from(queues).orderBy(asc(queues.created_at), asc(queues.queue_id))).map(view);
}
