/**
 * Who may read an asset (D14): whoever uploaded it; an admin of everything; a runner of a queue that holds it, since
 * its items may take it as an input; and whoever may see an item or a batch that refers to it, which the queue's object
 * knows. "There is none" and "not yours" are one answer.
 */
import { hasScope, isAdmin, type Principal } from '../../contract/store/key.ts';
import {
  findAsset,
  findHoldingQueues,
  findOwnAssets,
  findQueueAssets,
  grantToQueue,
  type StoredAsset,
} from '../account/assets.ts';
import { accountDb } from '../account/database.ts';
import { opensQueue } from '../auth/require.ts';
import type { Env } from '../env.ts';
import { ProblemError } from '../problem.ts';
import { remoteQueue, unwrap } from '../remote-queue.ts';
import { assetRetentionMs } from './asset-retention.ts';

/** Names in one question to the account, whose database takes 2,000,000 bytes for a value. */
const NAMES_ASKED_MAX = 20_000;

/** Nothing else names an asset, whatever stands in a graph. */
const SHA256 = /^[0-9a-f]{64}$/;

/** Objects asked at once; the next are asked only for what these did not know. */
const QUEUES_AT_ONCE = 8;

/**
 * Objects that one question may ask, so that no read wakes a whole account and none outgrows the platform's calls of
 * one request. Only queues are asked that hold one of the names and that the key opens, and none where the account
 * knows the answer. So the bound is met in one case alone: a user asks for bytes that others made in more queues than
 * this, and the item that shows them to the user is in none of the first. The answer is "not found" as for any other
 * name, and says, as for any other name, that the caller may name the queue: then that one is asked.
 */
export const QUEUES_ASKED_MAX = 256;

/** Those of `names` that the queue refers to where the principal may see it. */
export const askQueue = async (
  env: Env,
  queue_id: string,
  principal: Principal,
  names: readonly string[],
): Promise<string[]> =>
  unwrap(await remoteQueue(env, queue_id).read({ queue_id, version: 0, principal }, 'readable_assets', names));

/** A queue that is being deleted refers to nothing any more; and who asks for an asset must not learn its name. */
function nothingWhenGone(error: unknown): string[] {
  if (error instanceof ProblemError && error.code === 'not_found') return [];
  throw error;
}

/** Those of `names` that the principal may read. */
export async function readableAssets(
  env: Env,
  principal: Principal,
  names: readonly string[],
  queue_id?: string,
): Promise<ReadonlySet<string>> {
  const db = accountDb(env);
  const digests = names.filter((name) => SHA256.test(name));
  if (queue_id !== undefined && !opensQueue(principal, queue_id)) return new Set();
  const { stored, own } = await findOwnAssets(db, digests, principal.user_id);
  if (isAdmin(principal) && principal.queue_ids === null) return stored;
  const readable = own;
  const queue_ids = queue_id === undefined ? principal.queue_ids : [queue_id];
  const open = () => [...stored].filter((name) => !readable.has(name));
  if (hasScope(principal, 'runner')) {
    for (const name of await findQueueAssets(db, { names: open(), queue_ids })) readable.add(name);
    return readable;
  }
  const asked: string[] = [];
  while (asked.length < QUEUES_ASKED_MAX) {
    const wanted = open();
    if (wanted.length === 0) break;
    const next = await findHoldingQueues(db, { names: wanted, queue_ids, except: asked, limit: QUEUES_AT_ONCE });
    const found = await Promise.all(
      next.map((holder) => askQueue(env, holder, principal, wanted).catch(nothingWhenGone)),
    );
    for (const name of found.flat()) readable.add(name);
    asked.push(...next);
    if (next.length < QUEUES_AT_ONCE) break;
  }
  return readable;
}

/**
 * Those of `names` that the principal may enqueue in the queue, which holds them from then on: its runners may read
 * them, and they stay. Also when the enqueue is refused after this: what it grants is no more than the principal could
 * have given, and it ends when the queue, asked a day later, does not refer to them.
 */
export async function usableAssets(
  env: Env,
  principal: Principal,
  names: readonly string[],
  queue_id: string,
): Promise<ReadonlySet<string>> {
  const usable = new Set<string>();
  const holder = { queue_id, user_id: principal.user_id, retention_ms: assetRetentionMs(env) };
  for (let at = 0; at < names.length; at += NAMES_ASKED_MAX) {
    const readable = await readableAssets(env, principal, names.slice(at, at + NAMES_ASKED_MAX));
    // What was collected between the two is not held, and so not usable.
    for (const name of await grantToQueue(accountDb(env), [...readable], holder, Date.now())) usable.add(name);
  }
  return usable;
}

export async function findReadableAsset(
  env: Env,
  principal: Principal,
  sha256: string,
  queue_id?: string,
): Promise<StoredAsset | null> {
  const readable = await readableAssets(env, principal, [sha256], queue_id);
  return readable.has(sha256) ? findAsset(accountDb(env), sha256) : null;
}
