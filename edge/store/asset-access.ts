/** Which of many assets a caller may use: one question to the account, one to each queue that holds any. */
import { and, eq, inArray, sql } from 'drizzle-orm';
import { isAdmin, type Principal } from '../../contract/store/key.ts';
import { accountDb } from '../account/database.ts';
import { assetGrants, assets } from '../account/schema.ts';
import { type Env, queueStub } from '../env.ts';

export async function readableAssets(
  env: Env,
  principal: Principal,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  // One bound parameter for a list of any length: D1 takes a hundred at most.
  const wanted = sql`(SELECT value FROM json_each(${JSON.stringify(names)}))`;
  const [stored, grants] = await accountDb(env).batch([
    accountDb(env).select({ name: assets.sha256 }).from(assets).where(inArray(assets.sha256, wanted)),
    accountDb(env)
      .select({ name: assetGrants.sha256, kind: assetGrants.holder_kind, holder: assetGrants.holder })
      .from(assetGrants)
      .where(and(inArray(assetGrants.sha256, wanted), sql`(${eq(assetGrants.holder_kind, 'queue')} OR ${eq(assetGrants.holder, principal.user_id)})`)),
  ]);
  if (isAdmin(principal)) return new Set(stored.map((row) => row.name));
  const readable = new Set(grants.filter((grant) => grant.kind === 'user').map((grant) => grant.name));
  const held = Map.groupBy(
    grants.filter((grant) => grant.kind === 'queue' && !readable.has(grant.name)),
    (grant) => grant.holder,
  );
  for (const [queue_id, some] of held) {
    if (principal.queue_ids !== null && !principal.queue_ids.includes(queue_id)) continue;
    const found = await queueStub(env, queue_id).readableAssets(principal, some.map((grant) => grant.name));
    for (const name of found) readable.add(name);
  }
  return readable;
}
