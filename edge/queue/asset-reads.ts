/** Which assets may be read because of the items and batches of this queue. */
import { hasScope, isAdmin, type Principal } from '../../contract/store/key.ts';
import type { QueueContext } from './turn.ts';

/**
 * Those of the assets that an item's results or a batch's input refer to which the principal may see; a runner sees all
 * that the queue refers to.
 */
export function readableAssets({ sql }: QueueContext, principal: Principal, asset_names: readonly string[]): string[] {
  const everything = isAdmin(principal) || hasScope(principal, 'runner');
  return sql
    .each<{ asset_name: string }>(
      `SELECT value AS asset_name FROM json_each(?1) AS wanted WHERE
         EXISTS (SELECT 1 FROM asset_references JOIN items USING (item_id) JOIN batches USING (batch_no)
           WHERE asset_name = wanted.value AND items.deleted IS NULL AND (?2 OR batches.user_id = ?3))
         OR EXISTS (SELECT 1 FROM batch_assets JOIN batches USING (batch_no)
           WHERE asset_name = wanted.value AND (?2 OR batches.user_id = ?3))`,
      asset_names,
      everything ? 1 : 0,
      principal.user_id,
    )
    .map((row) => row.asset_name);
}
