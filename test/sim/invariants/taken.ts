/** What sessions take of each other: what the same work gave in a session that is there, of somebody who shares it. */
import type { CallbackEntry } from '../../../contract/runner/callbacks.ts';
import type { Grant } from '../../../contract/runner/claim.ts';
import type { Item } from '../model.ts';
import { hold } from '../violation.ts';
import { type Step, told } from './step.ts';

/** What the node of an item works on: its result says it, so that a result of other work is known when it is seen. */
export const workOf = ({ values }: Pick<Grant, 'values'>, invocation_id: string): unknown =>
  values.find(({ node_path }) => node_path === invocation_id)?.value ?? 1;

/** The item recorded this, and it may be kept. */
export function recordKept({ model }: Step, item: Item, entry: CallbackEntry): void {
  if (entry.kind !== 'invocation_complete' || !entry.keep || model.outdated.has(item)) return;
  const text = JSON.stringify(entry.result);
  const keepers = model.keepers.get(text) ?? new Set();
  model.keepers.set(text, keepers.add(item));
}

export function emptied(step: Step): void {
  const { model, transaction } = step;
  if (transaction.origin.kind !== 'command' || transaction.origin.name !== 'empty_invocation_cache') return;
  model.keepers.clear();
  for (const item of model.items.values()) if (item.holder !== null) model.outdated.add(item);
}

export function holdTaken({ model }: Step, grant: Grant, item: Item): void {
  for (const { invocation_id, result } of grant.cached ?? []) {
    const saw = () => `${told(item)} was granted ${JSON.stringify(result)} for ${invocation_id}`;
    const shared = model.settings.invocation_cache;
    const keepers = [...(model.keepers.get(JSON.stringify(result)) ?? [])];
    const allowed = keepers.some(
      (keeper) =>
        !keeper.removed && keeper !== item && (shared === 'shared' || keeper.batch.user_id === item.batch.user_id),
    );
    hold('taken-is-the-same-work', shared !== 'off' && allowed, saw);
    hold('taken-is-the-same-work', result.work === workOf(grant, invocation_id), saw);
    hold('taken-is-the-same-work', !item.results.has(invocation_id), saw);
  }
}
