/** The end of a queue: its object is emptied, no key opens it, it holds no assets any more, then its row goes. Safe to repeat, and to die in. */
import { endQueueGrants } from './account/asset-lifetime.ts';
import { accountDb } from './account/database.ts';
import { unbindKeys } from './account/keys.ts';
import { type Deletion, deletionsUnderWay, endDeletion } from './account/queues.ts';
import type { Env } from './env.ts';
import { remoteQueue } from './remote-queue.ts';

/**
 * Ends a deletion that was begun: the account knows no such queue any more. When it was ended by another call, and the
 * id taken anew since, each step leaves the new queue alone.
 */
export async function deleteQueue(env: Env, deletion: Deletion): Promise<void> {
  const db = accountDb(env);
  await remoteQueue(env, deletion.queue_id).destroy(deletion.queue_id);
  await unbindKeys(db, deletion.queue_id, Date.now());
  await endQueueGrants(db, deletion.queue_id, Date.now());
  await endDeletion(db, deletion);
}

/** Ends what was begun and not ended; called by the clock. How many there were. One that fails keeps no other from its end. */
export async function endDeletions(env: Env, limit: number): Promise<number> {
  const failed: unknown[] = [];
  const deletions = await deletionsUnderWay(accountDb(env), limit);
  for (const deletion of deletions)
    await deleteQueue(env, deletion).catch((error: unknown) => {
      failed.push(error);
    });
  if (failed.length > 0) throw new AggregateError(failed, `${failed.length} queues could not be deleted`);
  return deletions.length;
}
