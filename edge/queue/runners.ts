/** Runners: registration, showing life, and the end (D5, D6). */

import { timestamp } from '../../contract/names.ts';
import type { QueueSettings, RunnerView } from '../../contract/queue/queue.ts';
import type { Device, RegisterBody, RegisterResult, RunnerIntervals } from '../../contract/runner/register.ts';
import { PROTOCOL_VERSION } from '../../contract/version.ts';
import { freeLeases, leasedIds } from './leases.ts';
import { Refusal } from './refusal.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

export interface RunnerRow {
  runner_no: number;
  runner_id: string;
  name: string;
  key_id: string;
  epoch: number;
  engine: number;
  types: string;
  devices: string;
  registered_at: number;
  seen_at: number;
  timeout_ms: number;
  expires_at: number | null;
  claim_no: number;
  claim_leases: string;
  wanting: number;
  draining: number;
  connected: number;
  ended_at: number | null;
}

/** Three heartbeats may be lost before a runner is. */
const HEARTBEATS_PER_TIMEOUT = 3;

/** How soon a wake that was lost is made good: an idle runner costs a call so often, and nothing in between. */
const IDLE_HEARTBEAT_SECONDS = 60;

/**
 * A runner that holds nothing loses nothing by being listed for longer: while its socket is open, and has answered or
 * it has called within this time, it is idle and not lost (D6).
 */
const IDLE_SILENCE_MS = 3 * IDLE_HEARTBEAT_SECONDS * 1_000;

const timeoutMs = (settings: QueueSettings): number => Math.round(settings.runner_timeout_seconds * 1000);

export function intervals({ runner_timeout_seconds }: QueueSettings): RunnerIntervals {
  const heartbeat_seconds = runner_timeout_seconds / HEARTBEATS_PER_TIMEOUT;
  const idle_heartbeat_seconds = Math.max(IDLE_HEARTBEAT_SECONDS, heartbeat_seconds);
  return { heartbeat_seconds, idle_heartbeat_seconds, timeout_seconds: runner_timeout_seconds };
}

/** The Worker has compared the protocol's version: the body of another one could not even be read. */
export function register(turn: Turn, key_id: string, body: RegisterBody): RegisterResult {
  const { sql, settings, now } = turn;
  const before = sql.get<RunnerRow>('SELECT * FROM runners WHERE runner_id = ?', body.runner_id);
  if (before && before.key_id !== key_id)
    throw new Refusal('conflict', `The runner id "${body.runner_id}" belongs to another key; choose another id.`);
  // What an earlier life of the same runner held is free at once: its process cannot know of it.
  if (before?.expires_at) freeLeases(turn, before, leasedIds(sql, before.runner_no), 'lost');
  const { runner_no, epoch } = sql.one<{ runner_no: number; epoch: number }>(
    `INSERT INTO runners (runner_id, name, key_id, epoch, engine, types, devices, registered_at, seen_at, timeout_ms, expires_at)
     VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?7, ?8, ?7 + ?8)
     ON CONFLICT (runner_id) DO UPDATE SET name = ?2, epoch = epoch + 1, engine = ?4, types = ?5, devices = ?6,
       registered_at = ?7, seen_at = ?7, timeout_ms = ?8, expires_at = ?7 + ?8, ended_at = NULL, claim_no = 0,
       claim_leases = '[]', wanting = 0, draining = 0, connected = 0
     RETURNING runner_no, epoch`,
    body.runner_id,
    body.name,
    key_id,
    body.engine,
    JSON.stringify(body.types),
    JSON.stringify(body.devices),
    now,
    timeoutMs(settings),
  );
  const { runner_id, name } = body;
  const devices = body.devices.map((device) => device.id);
  turn.facts.push(['runner_connected', runner_no, { runner_id, name, devices }]);
  return {
    protocol: PROTOCOL_VERSION,
    runner_id: body.runner_id,
    epoch,
    ...intervals(settings),
    unapproved: [],
  };
}

/** The runner that makes a call, which shows that it lives; refused when its registration is over. */
export function present(turn: Turn, key_id: string, identity: { runner_id: string; epoch: number }): RunnerRow {
  const row = turn.sql.get<RunnerRow>(
    `UPDATE runners SET seen_at = ?1, expires_at = ?1 + timeout_ms
     WHERE runner_id = ?2 AND epoch = ?3 AND key_id = ?4 AND expires_at IS NOT NULL
     RETURNING *`,
    turn.now,
    identity.runner_id,
    identity.epoch,
    key_id,
  );
  if (!row)
    throw new Refusal(
      'conflict',
      `Runner "${identity.runner_id}" is not registered with epoch ${identity.epoch}, or was lost; register again.`,
      { extra: { register_again: true } },
    );
  return row;
}

/**
 * The silence that the runner may keep from the next call on: what the settings allow, and while it does not say that it
 * goes by that, what it was told before. `known_ms` is what it goes by now. So a time-out that an owner shortens loses
 * nobody who has not heard of it, and an answer that got lost costs nothing.
 */
export function tellTimeout({ sql, settings, now }: Turn, runner: RunnerRow, known_ms: number): void {
  const timeout_ms = Math.max(timeoutMs(settings), Math.min(runner.timeout_ms, known_ms));
  if (timeout_ms === runner.timeout_ms) return;
  sql.all(
    'UPDATE runners SET timeout_ms = ?1, expires_at = MAX(expires_at, ?2 + ?1) WHERE runner_no = ?3',
    timeout_ms,
    now,
    runner.runner_no,
  );
}

/** Keeps an idle runner whose socket lives on the list; false when it is to be given up. */
export function keepIdle({ sql, now, pongAt }: Turn, runner: RunnerRow): boolean {
  if (runner.connected === 0) return false;
  // A clock that went back makes nobody live longer: what was seen later than now was seen now, and is remembered so.
  const seen_at = Math.min(now, Math.max(runner.seen_at, pongAt(runner.runner_no) ?? runner.seen_at));
  const expires_at = seen_at + IDLE_SILENCE_MS;
  if (expires_at <= now) return false;
  sql.all('UPDATE runners SET seen_at = ?, expires_at = ? WHERE runner_no = ?', seen_at, expires_at, runner.runner_no);
  return true;
}

/** The runner is gone: its leases must have been freed before. */
export function endRunner(turn: Turn, runner: RunnerRow, reason: 'drained' | 'silent'): void {
  turn.sql.all(
    'UPDATE runners SET expires_at = NULL, ended_at = ?, wanting = 0, draining = 0, connected = 0 WHERE runner_no = ?',
    turn.now,
    runner.runner_no,
  );
  const { runner_no, runner_id, name } = runner;
  turn.facts.push(['runner_lost', runner_no, reason, { runner_id, name }]);
}

/** Not one that was lost meanwhile, be it by the sweep of this very call: its leases are gone, it registers again. */
export function runnerConnected({ sql, now }: Turn, runner_no: number): null {
  sql.all(
    `UPDATE runners SET connected = 1, seen_at = ?1, expires_at = ?1 + timeout_ms
     WHERE runner_no = ?2 AND expires_at IS NOT NULL`,
    now,
    runner_no,
  );
  return null;
}

/**
 * Most often its process is gone, so its deadline comes nearer; one that lives reconnects and shows life long before.
 */
export function runnerDisconnected({ sql, now }: Turn, runner_no: number, epoch: number): null {
  sql.all(
    `UPDATE runners SET connected = 0, expires_at = MIN(expires_at, ?1 + timeout_ms / ${HEARTBEATS_PER_TIMEOUT})
     WHERE runner_no = ?2 AND epoch = ?3 AND expires_at IS NOT NULL`,
    now,
    runner_no,
    epoch,
  );
  return null;
}

/** How many items all runners together would take if they were woken. */
export const wantedByIdle = (sql: Sql): number =>
  sql.one<{ wanted: number }>(
    'SELECT COALESCE(SUM(wanting), 0) AS wanted FROM runners WHERE wanting > 0 AND expires_at IS NOT NULL',
  ).wanted;

export function listRunners(sql: Sql, connected: (runner_no: number) => boolean): RunnerView[] {
  return sql
    .all<RunnerRow & { leased: number }>(
      `SELECT runners.*, (SELECT COUNT(*) FROM items WHERE items.runner_no = runners.runner_no) AS leased
       FROM runners WHERE expires_at IS NOT NULL ORDER BY runner_no`,
    )
    .map((row) => ({
      runner_id: row.runner_id,
      name: row.name,
      devices: (JSON.parse(row.devices) as Device[]).map((device) => device.id),
      registered_at: timestamp(row.registered_at),
      last_seen_at: timestamp(row.seen_at),
      connected: connected(row.runner_no),
      leased: row.leased,
      draining: row.draining === 1,
    }));
}

/**
 * An admin wants the runner to finish what runs and go: it is given nothing more, and told at once, and again by the
 * answer to each heartbeat that does not say that it drains. A runner that registers again is a new one.
 */
export function drainRunner({ sql, orders }: Turn, runner_id: string): null {
  const row = sql.get<{ runner_no: number }>(
    'UPDATE runners SET draining = 1, wanting = 0 WHERE runner_id = ? AND expires_at IS NOT NULL RETURNING runner_no',
    runner_id,
  );
  if (!row) throw new Refusal('not_found', `The queue has no runner "${runner_id}".`);
  orders.push({ order: 'drain', runner_no: row.runner_no });
  return null;
}
