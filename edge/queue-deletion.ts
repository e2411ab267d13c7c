/** The end of a queue: its object is emptied, it holds no assets any more, then its row goes. Safe to repeat, and to die in. */
import { endQueueGrants } from './account/asset-lifetime.ts';
import { accountDb } from './account/database.ts';
import { endDeletion, queuesInDeletion } from './account/queues.ts';
import type { Env } from './env.ts';
import { remoteQueue } from './remote-queue.ts';

/** Ends a deletion that was begun: the account knows no such queue any more. */
export async function deleteQueue(env: Env, queue_id: string): Promise<void> {
  const db = accountDb(env);
  await remoteQueue(env, queue_id).destroy();
  await endQueueGrants(db, queue_id, Date.now());
  await endDeletion(db, queue_id);
}

/** Ends what was begun and not ended; called by the clock. How many there were. */
export async function endDeletions(env: Env, limit: number): Promise<number> {
  const queue_ids = await queuesInDeletion(accountDb(env), limit);
  for (const queue_id of queue_ids) await deleteQueue(env, queue_id);
  return queue_ids.length;
}
