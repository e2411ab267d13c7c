/** The register of queues: which exist, where, and with which settings. */
import { and, asc, eq, inArray, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import { timestamp } from '../../contract/names.ts';
import {
  DEFAULT_QUEUE_SETTINGS,
  type Queue,
  type QueueLocation,
  type QueueSettings,
} from '../../contract/queue/queue.ts';
import { IsolateCache } from '../cache.ts';
import { type AccountDb, jsonList } from './database.ts';
import { queues } from './schema.ts';

/** Existence is asked with every call of a queue; an object that was emptied meanwhile refuses by itself. */
const known = new IsolateCache<number>(10_000);
const KNOWN_MS = 30_000;

type Row = typeof queues.$inferSelect;

/** A queue, and the version of its settings. */
export interface VersionedQueue {
  queue: Queue;
  version: number;
}

const view = (row: Row): VersionedQueue => ({
  queue: {
    queue_id: row.queue_id,
    settings: { ...DEFAULT_QUEUE_SETTINGS, ...row.settings },
    location: row.location,
    created_at: timestamp(row.created_at),
  },
  version: row.version,
});

const DELETION = { queue_id: queues.queue_id, deleted_at: sql<number>`${queues.deleted_at}` };

const present = (queue_id: string) => and(eq(queues.queue_id, queue_id), isNull(queues.deleted_at));

export async function findQueue(db: AccountDb, queue_id: string): Promise<VersionedQueue | null> {
  const row = await db.select().from(queues).where(present(queue_id)).get();
  return row ? view(row) : null;
}

/** The version of the queue's settings, at most 30 s old; null when there is no such queue. */
export async function queueVersion(db: AccountDb, queue_id: string, now: number): Promise<number | null> {
  const kept = known.get(queue_id, now);
  if (kept !== undefined) return kept;
  const row = await db.select({ version: queues.version }).from(queues).where(present(queue_id)).get();
  // A no is never kept: a queue must be usable everywhere as soon as it was created.
  if (row) known.set(queue_id, row.version, now + KNOWN_MS);
  return row?.version ?? null;
}

/** The queue under this id, and whether this call made it; null while one of this id is being deleted. */
export async function createQueue(
  db: AccountDb,
  wanted: { queue_id: string; settings: Partial<QueueSettings>; location: QueueLocation | null },
  now: number,
): Promise<(VersionedQueue & { created: boolean }) | null> {
  const inserted = await db
    .insert(queues)
    .values({ ...wanted, version: now, created_at: now })
    .onConflictDoNothing()
    .returning();
  if (inserted[0]) return { ...view(inserted[0]), created: true };
  const existing = await findQueue(db, wanted.queue_id);
  return existing && { ...existing, created: false };
}

/** Sets what `change` names and leaves the rest, whatever else is set meanwhile. */
export async function changeQueue(
  db: AccountDb,
  queue_id: string,
  change: Partial<QueueSettings>,
  now: number,
): Promise<VersionedQueue | null> {
  const settings = Object.entries(change).reduce<SQL>(
    (body, [name, value]) => sql`json_set(${body}, ${`$.${name}`}, json(${JSON.stringify(value)}))`,
    sql`${queues.settings}`,
  );
  const [row] = await db
    .update(queues)
    .set({ settings, version: sql`MAX(${queues.version} + 1, ${now})` })
    .where(present(queue_id))
    .returning();
  known.delete(queue_id);
  return row ? view(row) : null;
}

/** The end of one queue. The id may be taken anew while a call that carries it out is on its way. */
export interface Deletion {
  queue_id: string;
  deleted_at: number;
}

/** From now on there is no such queue. The deletion that is under way, also when it was begun before; null when none is. */
export async function beginDeletion(db: AccountDb, queue_id: string, now: number): Promise<Deletion | null> {
  known.delete(queue_id);
  const rows = await db
    .update(queues)
    .set({ deleted_at: sql`COALESCE(${queues.deleted_at}, ${now})` })
    .where(eq(queues.queue_id, queue_id))
    .returning(DELETION);
  return rows[0] ?? null;
}

/** Its object is empty: the id may be used again. */
export async function endDeletion(db: AccountDb, { queue_id, deleted_at }: Deletion): Promise<void> {
  await db.delete(queues).where(and(eq(queues.queue_id, queue_id), eq(queues.deleted_at, deleted_at)));
}

/** What was begun and not ended, the oldest first. */
export async function deletionsUnderWay(db: AccountDb, limit: number): Promise<Deletion[]> {
  return db.select(DELETION).from(queues).where(isNotNull(queues.deleted_at)).orderBy(queues.deleted_at).limit(limit);
}

/** Those of `queue_ids` that do not exist. */
export async function unknownQueues(db: AccountDb, queue_ids: readonly string[]): Promise<Set<string>> {
  const found = await db
    .select({ queue_id: queues.queue_id })
    .from(queues)
    .where(and(inArray(queues.queue_id, jsonList(queue_ids)), isNull(queues.deleted_at)));
  const there = new Set(found.map((row) => row.queue_id));
  return new Set(queue_ids.filter((queue_id) => !there.has(queue_id)));
}

export async function listQueues(db: AccountDb): Promise<Queue[]> {
  const rows = await db
    .select()
    .from(queues)
    .where(isNull(queues.deleted_at))
    .orderBy(asc(queues.created_at), asc(queues.queue_id));
  return rows.map((row) => view(row).queue);
}
