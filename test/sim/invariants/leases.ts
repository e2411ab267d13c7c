/** Leases: what a claim may grant, what a heartbeat gives up, what an order takes back. */
import type { CallbacksBody, CallbacksResult } from '../../../contract/runner/callbacks.ts';
import type { ClaimBody, ClaimRequest, ClaimResult, Grant } from '../../../contract/runner/claim.ts';
import type { HeartbeatBody } from '../../../contract/runner/heartbeat.ts';
import { canRun, type Item, type Runner } from '../model.ts';
import { hold } from '../violation.ts';
import { callerOf, free, inputOf, resultOf, type Step, told } from './step.ts';
import { holdTaken } from './taken.ts';
import { isNamed } from './time.ts';

function applyHeartbeat(step: Step): void {
  const body = inputOf<HeartbeatBody>(step, 'heartbeat');
  const runner = callerOf(step);
  if (!body || !runner?.present) return;
  for (const item of step.model.heldBy(runner)) if (!isNamed(runner, body, item)) free(step, item);
  if (!body.draining) return;
  runner.draining = true;
  runner.wanting = 0;
}

/** Whoever is told to go gets nothing more, whether the order arrives or not. */
function applyDrain(step: Step): void {
  const runner_id = inputOf<string>(step, 'drain_runner');
  const runner = runner_id === null ? undefined : step.model.runner(runner_id);
  if (!runner?.present) return;
  runner.draining = true;
  runner.wanting = 0;
}

/** A lease that was recalled is over, and only one that did not start may be. `only`: of these items. */
function applyRecalls(step: Step, only: ReadonlySet<number> | null): void {
  for (const order of step.transaction.outcome.orders) {
    if (order.order !== 'recall') continue;
    for (const { item_id, fence } of order.leases) {
      if (only && !only.has(item_id)) continue;
      const item = step.model.items.get(item_id);
      if (!item || item.fence !== fence || item.holder?.runner_no !== order.runner_no) continue;
      hold('one-live-fence', item.status === 'pending', () => `${told(item)} was recalled after it had started`);
      free(step, item);
    }
  }
}

/** The claim, and what was recalled for it before, or for better work after it. */
export function applyLeases(step: Step): void {
  applyHeartbeat(step);
  applyDrain(step);
  applyClaim(step);
  applyRecalls(step, null);
}

function applyClaim(step: Step): void {
  const runner = callerOf(step);
  const request = inputOf<ClaimBody>(step, 'claim') ?? inputOf<CallbacksBody>(step, 'callbacks')?.claim;
  if (!runner || !request) return;
  const result = inputOf(step, 'claim') ? resultOf<ClaimResult>(step) : resultOf<CallbacksResult>(step).claim;
  hold('claims-repeat', result !== undefined, () => 'a claim was not answered');
  if (request.claim > runner.claim) {
    // An idle runner may be given what a busy one did not start.
    applyRecalls(step, new Set(result.grants.map((grant) => grant.item_id)));
    granted(step, runner, request, result.grants);
  } else repeated(step, runner, request, result.grants);
  for (const grant of result.grants) carries(step, grant);
}

function granted(step: Step, runner: Runner, request: ClaimRequest, grants: readonly Grant[]): void {
  const { model } = step;
  hold('grants-are-allowed', grants.length <= request.max_items, () => `${grants.length} of ${request.max_items}`);
  for (const grant of grants) {
    const item = model.items.get(grant.item_id);
    hold('no-item-lost', item !== undefined && !item.removed, () => `item ${grant.item_id} was granted`);
    hold('one-live-fence', item.holder === null, () => `${told(item)} was granted to ${runner.runner_id} too`);
    hold('one-live-fence', grant.fence === item.fence + 1, () => `${told(item)} was granted as ${grant.fence}`);
    const allowed = model.isClaimable(item, step.now) && canRun(runner, item.batch) && !runner.draining;
    hold('grants-are-allowed', allowed, () => `${told(item)} was granted to ${runner.runner_id}`);
    item.holder = runner;
    item.fence = grant.fence;
    item.token = grant.token;
    model.outdated.delete(item);
    step.changed.add(item.item_id);
  }
  nothingBetter(step, runner, request, grants);
  runner.claim = request.claim;
  runner.granted = grants.map((grant) => [grant.item_id, grant.fence]);
  runner.wanting = runner.draining ? 0 : request.max_items - grants.length;
}

const kindOf = ({ batch }: Item): string => `${batch.user_id} ${Object.keys(batch.types)} ${batch.lane}`;
const isBetter = (a: Item, b: Item): boolean =>
  a.priority > b.priority || (a.priority === b.priority && a.place < b.place);

/** Of one user's work of one kind the best is granted first, and nothing is held back from who asks for more. */
function nothingBetter(step: Step, runner: Runner, request: ClaimRequest, grants: readonly Grant[]): void {
  const { model } = step;
  if (runner.draining || request.max_items === 0) return;
  const worst = new Map<string, Item>();
  for (const grant of grants) {
    const item = model.items.get(grant.item_id)!;
    const known = worst.get(kindOf(item));
    if (!known || isBetter(known, item)) worst.set(kindOf(item), item);
  }
  for (const item of model.open) {
    if (!model.isClaimable(item, step.now) || !canRun(runner, item.batch)) continue;
    const enough = grants.length === request.max_items;
    hold(
      'grants-are-allowed',
      enough,
      () => `${runner.runner_id} got ${grants.length} of ${request.max_items}, and ${told(item)} was left`,
    );
    const last = worst.get(kindOf(item));
    hold('grants-are-allowed', !last || !isBetter(item, last), () => `${told(last!)} was granted before ${told(item)}`);
  }
}

function repeated(step: Step, runner: Runner, request: ClaimRequest, grants: readonly Grant[]): void {
  const stands =
    request.claim < runner.claim
      ? []
      : runner.granted.filter(([item_id, fence]) => {
          const item = step.model.items.get(item_id);
          return item?.holder === runner && item.fence === fence;
        });
  const got = grants.map((grant) => `${grant.item_id}/${grant.fence}`).sort();
  const due = stands.map(([item_id, fence]) => `${item_id}/${fence}`).sort();
  hold(
    'claims-repeat',
    got.join() === due.join(),
    () => `claim ${request.claim} of ${runner.runner_id} got ${got.join()} for ${due.join()}`,
  );
}

/** A grant brings what was recorded before, so that a session goes on where it stood. */
function carries(step: Step, grant: Grant): void {
  const item = step.model.items.get(grant.item_id)!;
  const brought = grant.results.map(({ invocation_id, result }) => `${invocation_id} ${JSON.stringify(result)}`);
  const recorded = [...item.results].map(([invocation_id, result]) => `${invocation_id} ${result}`);
  hold(
    'recorded-once',
    brought.join() === recorded.join(),
    () => `${told(item)} was granted with ${brought.join()} instead of ${recorded.join()}`,
  );
  hold('one-live-fence', grant.token === item.token, () => `${told(item)} was granted with two tokens`);
  holdTaken(step, grant, item);
}
