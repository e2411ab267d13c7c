/** One transaction as the invariants see it. */
import type { Principal } from '../../../contract/store/key.ts';
import type { Fact } from '../../../edge/queue/fact.ts';
import type { Item, Model, Runner } from '../model.ts';
import type { Transaction } from '../object.ts';
import type { SimulatedStorage } from '../storage.ts';

export interface Step {
  model: Model;
  storage: SimulatedStorage;
  transaction: Transaction;
  now: number;
  facts: readonly Fact[];
  /** Items that the model moved in this step: their rows are compared, whether they changed or not. */
  changed: Set<number>;
  /** Items that were enqueued in this step. */
  arrived: Set<Item>;
  /** Items whose lease ended, or which became pending, in this step. */
  freed: Set<Item>;
}

/** The input of the step's command when it is one of this name, else null. */
export function inputOf<Input>(step: Step, ...names: string[]): Input | null {
  const { origin } = step.transaction;
  return origin.kind === 'command' && names.includes(origin.name) ? (origin.input as Input) : null;
}

export const principalOf = ({ transaction: { origin } }: Step): Principal | null =>
  origin.kind === 'command' ? origin.principal : null;

export const resultOf = <Result>({ transaction: { outcome } }: Step): Result =>
  (outcome.value as { ok: true; value: Result }).value;

/** The registered runner that makes the call. */
export function callerOf(step: Step): Runner | null {
  const identity = inputOf<{ runner_id: string; epoch: number }>(step, 'claim', 'callbacks', 'heartbeat');
  const runner = identity && step.model.runner(identity.runner_id);
  return runner && runner.epoch === identity.epoch ? runner : null;
}

export function free(step: Step, item: Item): void {
  item.holder = null;
  step.changed.add(item.item_id);
  step.freed.add(item);
}

export const told = (item: Item): string =>
  `item ${item.item_id} (${item.status}, fence ${item.fence}, ${item.holder ? `held by ${item.holder.runner_id}` : 'free'})`;
