/** How long a runner may be silent: the model's own reckoning, from when calls of it were carried out. */
import type { HeartbeatBody } from '../../../contract/runner/heartbeat.ts';
import type { Item, Runner } from '../model.ts';
import { callerOf, inputOf, type Step } from './step.ts';

/** Past so much lateness it is the queue that was away, and every runner gets one more period. */
const OUTAGE_MS = 5_000;
const HEARTBEATS_PER_TIMEOUT = 3;

const timeoutOf = ({ model }: Step): number => Math.round(model.settings.runner_timeout_seconds * 1_000);

/** Before the step: a queue whose alarm is long overdue was away itself, and takes nobody for lost. */
export function applyOutage(step: Step, alarm_at: number | null): void {
  const present = [...step.model.runners.values()].filter((runner) => runner.present);
  // A clock that went back does not give a runner that is gone more time.
  for (const runner of present) runner.expires_at = Math.min(runner.expires_at, step.now + runner.timeout_ms);
  if (alarm_at === null || step.now - alarm_at <= OUTAGE_MS) return;
  for (const runner of present) runner.expires_at = Math.max(runner.expires_at, step.now + runner.timeout_ms);
}

/** After the step: who made a call lives; whose socket closed is expected back soon. */
export function applyPresence(step: Step): void {
  const { origin } = step.transaction;
  const caller = callerOf(step);
  if (caller) caller.expires_at = step.now + caller.timeout_ms;
  const beat = inputOf<HeartbeatBody>(step, 'heartbeat');
  if (caller && beat) {
    const known = (beat.timeout_seconds ?? 0) * 1_000;
    caller.timeout_ms = Math.max(timeoutOf(step), Math.min(caller.timeout_ms, known));
    caller.expires_at = Math.max(caller.expires_at, step.now + caller.timeout_ms);
  }
  if (origin.kind === 'command' && origin.name === 'register') {
    const runner = step.model.runner((origin.input as { runner_id: string }).runner_id);
    if (runner) {
      runner.timeout_ms = timeoutOf(step);
      runner.expires_at = step.now + runner.timeout_ms;
    }
  }
  if (origin.kind === 'connected' || origin.kind === 'disconnected') {
    const runner = step.model.runners.get(origin.runner_no);
    if (!runner?.present) return;
    if (origin.kind === 'connected') runner.expires_at = step.now + runner.timeout_ms;
    else if (runner.epoch === origin.epoch)
      runner.expires_at = Math.min(
        runner.expires_at,
        step.now + Math.floor(runner.timeout_ms / HEARTBEATS_PER_TIMEOUT),
      );
  }
}

/** Whether this step may end a lease of the runner: it is silent past its time, or says so itself. */
export function mayLose(step: Step, runner: Runner, item: Item | null): boolean {
  if (runner.expires_at <= step.now) return true;
  const register = inputOf<{ runner_id: string }>(step, 'register');
  if (register?.runner_id === runner.runner_id) return true;
  const heartbeat = inputOf<HeartbeatBody>(step, 'heartbeat');
  return heartbeat !== null && callerOf(step) === runner && !isNamed(runner, heartbeat, item);
}

/** Whether a heartbeat keeps the lease: it names it, or knows too little to leave it out. */
export function isNamed(runner: Runner, { held, claim, draining }: HeartbeatBody, item: Item | null): boolean {
  if (draining && held.length === 0) return false;
  if (item === null || held.some((lease) => lease.item_id === item.item_id && lease.fence === item.fence)) return true;
  const behind = runner.claim - claim;
  return behind > 1 || (behind === 1 && runner.granted.some(([granted]) => granted === item.item_id));
}
