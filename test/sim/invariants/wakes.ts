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
      // Those that were woken take what they want, who can run least first, and nothing may be left for this one.
      let left = fresh;
      for (const other of [...woken].sort((a, b) => Object.keys(a.types).length - Object.keys(b.types).length)) {
        const taken = new Set(left.filter((item) => canRun(other, item.batch)).slice(0, other.wanting));
        left = left.filter((item) => !taken.has(item));
      }
      left = left.filter((item) => canRun(runner, item.batch));
      hold(
        'work-wakes-runners',
        left.length === 0,
        () => `${runner.runner_id} idles, nobody was woken for ${told(left[0]!)}`,
      );
    }
  }
  for (const runner of woken) runner.wanting = 0;
  // What has started stays so, whatever the clock says later.
  for (const batch of model.batches.values())
    if (batch.open > 0 && batch.start_after !== null && batch.start_after <= step.now) batch.start_after = null;
}
