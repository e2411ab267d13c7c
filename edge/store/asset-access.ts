/**
 * Who may read an asset (D14): whoever uploaded it; an admin of everything; a runner of a queue that holds it, since
 * its items may take it as an input; and whoever may see an item that returned it, which the queue's object knows.
 * "There is none" and "not yours" are one answer.
 */
import type { AssetView } from '../../contract/store/asset.ts';
import { hasScope, isAdmin, type Principal } from '../../contract/store/key.ts';
import { findAsset, findHolders, grantToQueue } from '../account/assets.ts';
import { accountDb } from '../account/database.ts';
import { opensQueue } from '../auth/require.ts';
import { type Env, queueStub } from '../env.ts';

/** Names in one question to the account, whose database takes 2,000,000 bytes for a value. */
const NAMES_ASKED_MAX = 20_000;

/** Nothing else names an asset, whatever stands in a graph. */
const SHA256 = /^[0-9a-f]{64}$/;

/** Objects that one call may ask, newest grant first. A caller that knows better names the queue. */
const QUEUES_ASKED_MAX = 32;

/** Those of `names` that the principal may read: one question to the account, one to each queue that holds any. */
export async function readableAssets(
  env: Env,
  principal: Principal,
  names: readonly string[],
  queue_id?: string,
): Promise<ReadonlySet<string>> {
  const digests = names.filter((name) => SHA256.test(name));
  const { stored, own, held } = await findHolders(accountDb(env), digests, principal.user_id);
  if (isAdmin(principal) && principal.queue_ids === null) return stored;
  const readable = own;
  const queues = [...held].filter(
    ([holder]) => opensQueue(principal, holder) && (queue_id === undefined || queue_id === holder),
  );
  for (const [holder, some] of queues.slice(0, QUEUES_ASKED_MAX)) {
    const open = some.filter((name) => !readable.has(name));
    if (open.length === 0) continue;
    const found = hasScope(principal, 'runner') ? open : await queueStub(env, holder).readableAssets(principal, open);
    for (const name of found) readable.add(name);
  }
  return readable;
}

/**
 * Those of `names` that the principal may enqueue in the queue, whose runners may read them from then on. Also when the
 * enqueue is refused after this: what it grants is no more than the principal could have given them.
 */
export async function usableAssets(
  env: Env,
  principal: Principal,
  names: readonly string[],
  queue_id: string,
): Promise<ReadonlySet<string>> {
  const usable = new Set<string>();
  for (let at = 0; at < names.length; at += NAMES_ASKED_MAX) {
    const some = await readableAssets(env, principal, names.slice(at, at + NAMES_ASKED_MAX));
    await grantToQueue(accountDb(env), [...some], queue_id, Date.now());
    for (const name of some) usable.add(name);
  }
  return usable;
}

export async function findReadableAsset(
  env: Env,
  principal: Principal,
  sha256: string,
  queue_id?: string,
): Promise<AssetView | null> {
  const readable = await readableAssets(env, principal, [sha256], queue_id);
  return readable.has(sha256) ? findAsset(accountDb(env), sha256) : null;
}
