/**
 * What is done every hour, so that nothing grows without end: grants end, assets that nobody holds are collected,
 * abandoned uploads and their bytes are removed, and rows whose time is over go. A step may be repeated and may die
 * anywhere; one that fails does not keep the others from running.
 */
import { collectAssets, endGrants, findDueGrants } from './account/asset-lifetime.ts';
import { pruneAudit } from './account/audit.ts';
import { pruneCustomNodes } from './account/custom-nodes.ts';
import { accountDb } from './account/database.ts';
import { pruneIdempotentCalls } from './account/idempotent-calls.ts';
import { endUploads, findIdleUploads } from './account/uploads.ts';
import { settleQueueGrants } from './collection/queue-grants.ts';
import type { Env } from './env.ts';
import { endDeletions } from './queue-deletion.ts';
import { askQueue } from './store/asset-access.ts';
import { OBJECTS_AT_ONCE, removeDueObjects } from './store/removal.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** An upload in parts is given up when nothing arrived for so long. */
const UPLOAD_IDLE_MS = DAY_MS;

/** How long it can be seen what admins changed. */
const AUDIT_MS = 90 * DAY_MS;

/** How long a definition waits for an admin that no runner announces any more. */
const CUSTOM_NODE_MS = 30 * DAY_MS;

/** Rows that one round of a step deals with, and rounds in an hour. What they leave, the next hour takes. */
const ROWS = OBJECTS_AT_ONCE;
const ROUNDS = 20;

/** Sees all that a queue refers to, whoever's it is. */
const COLLECTOR = { key_id: 'collector', user_id: 'system', scopes: ['admin' as const], queue_ids: null, lane: 0 };

/** In this order: what one step lets go, a later one takes up. Each answers how many rows its round dealt with. */
const STEPS: Record<string, (env: Env, now: number) => Promise<number>> = {
  user_grants_ended: async (env, now) => {
    const db = accountDb(env);
    return endGrants(db, await findDueGrants(db, 'user', now, ROWS), now);
  },
  queue_grants_settled: (env, now) =>
    settleQueueGrants(accountDb(env), (queue_id, names) => askQueue(env, queue_id, COLLECTOR, names), now, ROWS),
  queues_deleted: (env) => endDeletions(env, ROUNDS),
  assets_collected: (env, now) => collectAssets(accountDb(env), now, ROWS),
  uploads_ended: async (env, now) => {
    const db = accountDb(env);
    const idle_since = now - UPLOAD_IDLE_MS;
    return (await endUploads(db, await findIdleUploads(db, idle_since, ROWS), now, idle_since)).length;
  },
  objects_removed: (env, now) => removeDueObjects(env, now, ROWS),
  audit_entries_pruned: (env, now) => pruneAudit(accountDb(env), now - AUDIT_MS),
  custom_nodes_pruned: (env, now) => pruneCustomNodes(accountDb(env), now - CUSTOM_NODE_MS, ROWS),
  idempotent_calls_pruned: (env, now) => pruneIdempotentCalls(accountDb(env), now),
};

/** Runs every step, says what they did, and throws when one failed: the platform counts such a run as failed. */
export async function runScheduled(env: Env, now: number): Promise<Record<string, number>> {
  const rows: Record<string, number> = {};
  const failed: unknown[] = [];
  for (const [name, step] of Object.entries(STEPS)) {
    let done = 0;
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const dealt = await step(env, now);
        done += dealt;
        if (dealt < ROWS) break;
      }
    } catch (error) {
      failed.push(error);
      console.error(
        JSON.stringify({ level: 'error', message: 'a scheduled step failed', step: name, error: String(error) }),
      );
    }
    rows[name] = done;
  }
  console.log(JSON.stringify({ level: 'info', message: 'the scheduled steps ran', ...rows, failed: failed.length }));
  if (failed.length > 0) throw new AggregateError(failed, 'scheduled steps failed');
  return rows;
}
