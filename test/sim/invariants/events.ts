/** Moves the model along the events of a transaction, and asks of each whether it may be. */
import { maySee } from '../../../contract/store/key.ts';
import type { WorkflowCall } from '../../../edge/queue/children.ts';
import type { CompiledBatch, EnqueuedBatch } from '../../../edge/queue/enqueue.ts';
import type { Fact } from '../../../edge/queue/fact.ts';
import { type Batch, type Item, isFinal, NEXT } from '../model.ts';
import { hold } from '../violation.ts';
import { free, inputOf, principalOf, resultOf, type Step, told } from './step.ts';
import { mayLose } from './time.ts';

/** After so many leases in a row that were lost before they started an item is not tried again. */
const LOSSES_MAX = 20;

/** Commands of users that cancel, and those that remove, in whatever form. */
const CANCELS = /^(cancel|clear|delete)/;
const REMOVES = /^(clear|delete|prune)/;

export function itemOf({ model }: Step, item_id: number): Item {
  const item = model.items.get(item_id);
  hold('no-item-lost', item !== undefined, () => `an event names item ${item_id}, which was never enqueued`);
  return item;
}

export function move(step: Step, item: Item, status: Item['status']): void {
  hold('final-stays-final', !isFinal(item.status), () => `${told(item)} became ${status}`);
  hold('moves-have-a-reason', NEXT[item.status].includes(status), () => `${told(item)} became ${status}`);
  step.model.move(item, status);
  step.changed.add(item.item_id);
  if (status === 'pending') step.freed.add(item);
}

/** An event that no entry of a runner made. */
export function applyFact(step: Step, fact: Fact, lost: Set<Item>): void {
  const { model } = step;
  switch (fact[0]) {
    case 'batch':
      addBatch(step, fact[1]);
      return;
    case 'status': {
      const item = itemOf(step, fact[1]);
      const [, , , status] = fact;
      // Children are announced one by one.
      if (status === 'pending' && step.arrived.has(item)) return;
      hold('moves-have-a-reason', mayMove(step, item, status, lost), () => `${told(item)} became ${status}`);
      move(step, item, status);
      lost.delete(item);
      // A call is progress: the start that follows it is not held against the item.
      if (status === 'waiting') item.charged = 0;
      return;
    }
    case 'canceled':
      for (const item of itemsIn(step, fact[1])) {
        hold('moves-have-a-reason', mayMove(step, item, 'canceled', lost), () => `${told(item)} was canceled`);
        move(step, item, 'canceled');
      }
      return;
    case 'pruned':
      for (const item of itemsIn(step, fact[1])) remove(step, item);
      return;
    case 'cleared':
      for (const item of model.items.values())
        if (!item.removed && (fact[1] === null || item.batch.user_id === fact[1])) {
          if (!isFinal(item.status)) move(step, item, 'canceled');
          remove(step, item);
        }
      return;
    case 'retried':
      for (const [, retried_item_id, new_item_id] of fact[1]) retry(step, retried_item_id, new_item_id);
      return;
    case 'paused':
    case 'resumed':
      model.paused = fact[0] === 'paused';
      return;
    case 'moved': {
      const item = itemOf(step, fact[1]);
      hold('final-stays-final', item.status === 'pending', () => `${told(item)} was moved`);
      item.priority = fact[3];
      step.changed.add(item.item_id);
      return;
    }
    case 'lease_expired': {
      const item = itemOf(step, fact[1]);
      const [, , , fence, runner_no] = fact;
      const runner = model.runners.get(runner_no);
      hold(
        'one-live-fence',
        runner !== undefined && item.holder === runner && item.fence === fence,
        () => `a lease ended that was not there: fence ${fence} of runner ${runner_no}, ${told(item)}`,
      );
      hold('one-live-fence', mayLose(step, runner, item), () => `${told(item)} was taken from a live runner`);
      lost.add(item);
      return;
    }
    case 'runner_connected':
      connect(step, fact[1]);
      return;
    case 'runner_lost': {
      const runner = model.runners.get(fact[1]);
      hold('moves-have-a-reason', runner?.present === true, () => `runner ${fact[1]} was lost twice`);
      hold('one-live-fence', mayLose(step, runner, null), () => `runner ${runner.runner_id} was lost while it lived`);
      for (const item of model.heldBy(runner)) {
        if (fact[2] === 'silent') item.losses += 1;
        free(step, item);
      }
      runner.present = false;
      runner.wanting = 0;
      return;
    }
    default:
      hold('recorded-once', false, () => `nobody reported ${JSON.stringify(fact)}`);
  }
}

function* itemsIn(step: Step, ranges: readonly [number, number, number][]): Generator<Item> {
  for (const [, first, last] of ranges) for (let id = first; id <= last; id++) yield itemOf(step, id);
}

/** Reasons other than a runner's report. */
function mayMove(step: Step, item: Item, status: Item['status'], lost: ReadonlySet<Item>): boolean {
  const { origin } = step.transaction;
  const { deadline } = item.batch;
  if (inChain(step, item, status)) return true;
  switch (status) {
    case 'canceled': {
      const principal = principalOf(step);
      const cancels = origin.kind === 'command' && CANCELS.test(origin.name);
      return cancels && principal !== null && maySee(principal, item.batch.user_id);
    }
    case 'failed':
      if (lost.has(item)) return item.charged >= step.model.settings.max_attempts;
      if (item.status === 'pending' && item.losses + 1 >= LOSSES_MAX) return item.holder !== null;
      if (deadline !== null && deadline <= step.now && !item.isRetry) return true;
      return item.run_until !== null && item.run_until <= step.now;
    case 'pending':
      return lost.has(item) && item.charged < step.model.settings.max_attempts;
    default:
      return false;
  }
}

/** A parent waits for its children and ends with them; what is left of a chain that broke is canceled. */
function inChain(step: Step, item: Item, status: Item['status']): boolean {
  const { model } = step;
  const call = inputOf<WorkflowCall>(step, 'enqueue_children');
  if (status === 'waiting') return call?.item_id === item.item_id && call.token === item.token && item.holder !== null;
  if (!item.parent && item.children.length === 0) return false;
  const chain = chainOf(model.rootOf(item)).filter((other) => other !== item);
  const ended = (how: Item['status']) => chain.some((other) => other.status === how && step.changed.has(other.item_id));
  if (status === 'canceled') return ended('canceled') || ended('failed');
  if (status === 'failed') return item.children.length > 0 && ended('failed');
  return (
    status === 'pending' && item.status === 'waiting' && item.children.every(({ status }) => status === 'completed')
  );
}

const chainOf = (root: Item): Item[] => [root, ...root.children.flatMap(chainOf)];

function remove(step: Step, item: Item): void {
  const { origin } = step.transaction;
  hold('no-item-lost', isFinal(item.status) && !item.removed, () => `${told(item)} was removed`);
  const asked = origin.kind === 'command' && REMOVES.test(origin.name);
  const { finished_retention_seconds, finished_retention_count } = step.model.settings;
  const retained = finished_retention_seconds === null && finished_retention_count === null;
  hold('no-item-lost', asked || !retained, () => `${told(item)} was removed and nobody asked for it`);
  step.model.remove(item);
  step.changed.add(item.item_id);
}

function addBatch(step: Step, batch_no: number): void {
  const { model } = step;
  const call = inputOf<WorkflowCall>(step, 'enqueue_children');
  const parent = call ? itemOf(step, call.item_id) : null;
  const input = call?.batch ?? inputOf<CompiledBatch>(step, 'enqueue');
  hold('no-item-lost', input !== null, () => `a batch was enqueued by nobody: ${batch_no}`);
  const { first_item_id, enqueued } = resultOf<EnqueuedBatch>(step);
  const types = Object.fromEntries((JSON.parse(input.requirement) as { types: [string, string][] }).types);
  const { batch_id, max_run_seconds } = input;
  const given = parent
    ? { user_id: parent.batch.user_id, lane: parent.batch.lane, start_after: null, deadline: null }
    : { user_id: input.user_id, lane: input.lane, start_after: input.start_after, deadline: input.deadline };
  const batch: Batch = { batch_no, batch_id, types, max_run_seconds, open: 0, ...given };
  model.batches.set(batch_no, batch);
  const priority = parent?.priority ?? resultOf<EnqueuedBatch>(step).priority;
  for (let item_id = first_item_id; item_id < first_item_id + enqueued; item_id++) {
    hold('no-item-lost', !model.items.has(item_id), () => `item ${item_id} was there before`);
    const item = model.add(item_id, batch, priority, false);
    item.parent = parent;
    parent?.children.push(item);
    step.arrived.add(item);
    step.changed.add(item_id);
  }
}

/** A call that was made before under its key is answered as before, and enqueues nothing. */
export function applyAttempt(step: Step): void {
  const { model, now } = step;
  const input = inputOf<CompiledBatch>(step, 'enqueue');
  if (!input?.idempotency) return;
  const { first_item_id, replayed } = resultOf<EnqueuedBatch>(step);
  const { key } = input.idempotency;
  const before = model.answered.get(key);
  const saw = () => `${key} got ${first_item_id}${replayed ? ' again' : ''}, and before ${before?.first_item_id}`;
  if (replayed) {
    hold('enqueued-once', before?.first_item_id === first_item_id, saw);
    return;
  }
  const kept = model.settings.idempotency_retention_seconds * 1_000;
  hold('enqueued-once', before === undefined || now - before.at > kept, saw);
  model.answered.set(key, { first_item_id, at: now });
}

function retry(step: Step, retried_item_id: number, new_item_id: number): void {
  const { model } = step;
  const before = itemOf(step, retried_item_id);
  hold('moves-have-a-reason', isFinal(before.status) && !before.removed, () => `${told(before)} was retried`);
  hold('no-item-lost', !model.items.has(new_item_id), () => `item ${new_item_id} was there before`);
  model.add(new_item_id, before.batch, before.priority, true);
  step.changed.add(new_item_id);
}

function connect(step: Step, runner_no: number): void {
  const { model } = step;
  const input = inputOf<{ runner_id: string; types: Record<string, string> }>(step, 'register');
  hold('moves-have-a-reason', input !== null, () => `runner ${runner_no} connected, and did not register`);
  const before = model.runners.get(runner_no);
  if (before)
    for (const item of model.heldBy(before)) {
      item.losses += 1;
      free(step, item);
    }
  model.runners.set(runner_no, {
    ...{ runner_no, runner_id: input.runner_id, types: input.types, epoch: resultOf<{ epoch: number }>(step).epoch },
    ...{ present: true, expires_at: 0, timeout_ms: 0, draining: false, claim: 0, granted: [], wanting: 0 },
  });
}
