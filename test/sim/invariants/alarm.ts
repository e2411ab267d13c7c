/** The alarm: while an instance lives it stands no later than the first moment at which something is due. */
import { isFinal, type Model } from '../model.ts';
import type { SimulatedObject } from '../object.ts';
import { hold } from '../violation.ts';
import { type Step, told } from './step.ts';

/** What runs is looked at no more often than this. */
const LOOK_MS = 100;

/** `asked`: when it was set last. What was due by then is due at once, also if the clock goes back meanwhile. */
export function compareAlarm(model: Model, object: SimulatedObject, now: number, asked: number): void {
  if (!object.isAwake) return;
  let due = Number.POSITIVE_INFINITY;
  let what = 'nothing';
  const consider = (at: number | null, name: () => string) => {
    if (at === null || at >= due) return;
    due = at;
    what = name();
  };
  for (const { expires_at } of object.storage.all<{ expires_at: number }>(
    'SELECT MIN(expires_at) AS expires_at FROM runners WHERE expires_at IS NOT NULL',
  ))
    consider(expires_at, () => 'a runner’s silence');
  for (const item of model.open) {
    consider(item.run_until && item.run_until + LOOK_MS, () => `the time limit of item ${item.item_id}`);
    if (item.isRetry) continue;
    const { deadline, start_after } = item.batch;
    consider(deadline, () => `the deadline of item ${item.item_id}`);
    if (start_after !== null && start_after > now) consider(start_after, () => `the start of item ${item.item_id}`);
  }
  if (due === Number.POSITIVE_INFINITY) return;
  const { alarm_at } = object;
  hold(
    'alarm-covers-deadline',
    alarm_at !== null && alarm_at <= Math.max(due, now, asked),
    () =>
      `${what} is due in ${due - now} ms, the alarm ${alarm_at === null ? 'is not set' : `rings in ${alarm_at - now} ms`}`,
  );
}

/** Every call sweeps: none leaves open what time has ended, or waiting what has nothing to wait for. */
export function compareDeadlines({ model, now, arrived }: Step): void {
  for (const item of model.open) {
    if (arrived.has(item)) continue;
    const { deadline } = item.batch;
    const late = (at: number | null, slack: number) => at !== null && at + slack < now;
    const overdue = (!item.isRetry && late(deadline, 0)) || late(item.run_until, LOOK_MS);
    hold(
      'time-limits-end-items',
      !overdue,
      () => `${told(item)} is over its time by ${now - (item.run_until ?? deadline!)} ms`,
    );
    if (item.status !== 'waiting') continue;
    const waits = item.children.some((child) => !isFinal(child.status));
    hold('time-limits-end-items', waits, () => `${told(item)} waits for nothing`);
  }
}
