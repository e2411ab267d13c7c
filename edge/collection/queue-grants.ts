/** Queues are asked whether they still refer to what they hold; what they do not refer to, they hold no longer. */
import { confirmGrants, type DueGrant, endGrants, findDueGrants, postponeGrants } from '../account/asset-lifetime.ts';
import type { AccountDb } from '../account/database.ts';
import { unknownQueues } from '../account/queues.ts';

/** Those of the names that any row of the queue refers to. */
export type AskQueue = (queue_id: string, asset_names: readonly string[]) => Promise<readonly string[]>;

/** Queues asked at once. */
const PARALLEL = 8;

async function settle(
  db: AccountDb,
  ask: AskQueue,
  queue_id: string,
  grants: readonly DueGrant[],
  now: number,
): Promise<void> {
  let referred: ReadonlySet<string>;
  try {
    referred = new Set(
      await ask(
        queue_id,
        grants.map((grant) => grant.sha256),
      ),
    );
  } catch (error) {
    console.error(JSON.stringify({ level: 'error', message: 'a queue was not asked', queue_id, error: String(error) }));
    await postponeGrants(db, grants, now);
    return;
  }
  await confirmGrants(
    db,
    grants.filter((grant) => referred.has(grant.sha256)),
    now,
  );
  await endGrants(
    db,
    grants.filter((grant) => !referred.has(grant.sha256)),
    now,
  );
}

/** Deals with at most `limit` of the grants of queues that are due; how many there were. */
export async function settleQueueGrants(db: AccountDb, ask: AskQueue, now: number, limit: number): Promise<number> {
  const due = await findDueGrants(db, 'queue', now, limit);
  const byQueue = Map.groupBy(due, (grant) => grant.holder);
  // To ask an object is to create it.
  const unknown = await unknownQueues(db, [...byQueue.keys()]);
  await endGrants(
    db,
    due.filter((grant) => unknown.has(grant.holder)),
    now,
  );
  const waiting = [...byQueue].filter(([queue_id]) => !unknown.has(queue_id));
  const worker = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await settle(db, ask, ...next, now);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return due.length;
}
