/** Wakes: what became claimable reaches idle runners that can run it, as far as they are connected. */
import { canRun, type Item, type Runner } from '../model.ts';
import { hold } from '../violation.ts';
import { type Step, told } from './step.ts';

/** `isConnected` tells whether an order reaches the runner, as far as the object knows. */
export function compareWakes(step: Step, isConnected: (runner: Runner) => boolean): void {
  const { model } = step;
  const fresh: Item[] = [];
  for (const item of model.open) {
    // What arrives late for its own start is claimable from the next transaction on, which is at once.
    const arrives = item.batch.start_after !== null && step.arrived.has(item);
    const claimable = model.isClaimable(item, step.now) && !arrives;
    if (claimable && (!item.claimable || step.freed.has(item))) fresh.push(item);
    item.claimable = claimable;
  }
  const woken = new Set<Runner>();
  for (const order of step.transaction.outcome.orders)
    if (order.order === 'wake') woken.add(model.runners.get(order.runner_no)!);
  if (fresh.length > 0) {
    const idle = [...model.runners.values()].filter(
      (runner) => runner.present && !runner.draining && runner.wanting > 0 && isConnected(runner),
    );
    for (const runner of idle) {
      if (woken.has(runner)) continue;
      // As many as those that were woken may take are left to them; more than that would have been for this one.
      const able = fresh.filter((item) => canRun(runner, item.batch));
      const takers = [...woken].filter((other) => able.some((item) => canRun(other, item.batch)));
      const taken = takers.reduce((sum, other) => sum + other.wanting, 0);
      hold(
        'work-wakes-runners',
        able.length <= taken,
        () => `${runner.runner_id} idles, nobody was woken for ${told(able.at(-1)!)}`,
      );
    }
  }
  for (const runner of woken) runner.wanting = 0;
  // What has started stays so, whatever the clock says later; what arrives late for its start has yet to.
  const arrived = new Set([...step.arrived].map((item) => item.batch));
  for (const batch of model.batches.values())
    if (batch.open > 0 && batch.start_after !== null && batch.start_after <= step.now && !arrived.has(batch))
      batch.start_after = null;
}
