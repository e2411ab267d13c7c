/**
 * One queue: its commands, each a transaction, and its reads. Knows no platform: storage, time and chance are
 * given, and what must happen outside (broadcasts, orders to runners, the alarm) is returned. The Durable Object
 * (object.ts) carries it out; the tests carry it out over an in-process SQLite.
 */

import type { ItemSummary } from '../../contract/queue/item.ts';
import type { BatchStatus, QueueAndProcessorStatus, QueueSettings } from '../../contract/queue/queue.ts';
import { DEFAULT_QUEUE_SETTINGS } from '../../contract/queue/queue.ts';
import type { CallbacksBody, CallbacksResult } from '../../contract/runner/callbacks.ts';
import type { ClaimBody, ClaimResult } from '../../contract/runner/claim.ts';
import type { HeartbeatBody, HeartbeatResult } from '../../contract/runner/heartbeat.ts';
import type { RegisterBody, RegisterResult } from '../../contract/runner/register.ts';
import { hasScope, isAdmin, maySee, type Principal } from '../../contract/store/key.ts';
import { ANSWER_LENGTH_MAX } from './answer.ts';
import { Batches, valuesLength } from './batches.ts';
import { applyCallbacks } from './callbacks.ts';
import { cancelBatches, cancelItem } from './cancel.ts';
import { claim } from './claim.ts';
import { type CompiledBatch, type EnqueuedBatch, enqueue } from './enqueue.ts';
import { type ItemDetail, type ItemPageRows, itemDetail, type ListQuery, listItems } from './item-reads.ts';
import { ITEM_VIEW, type ItemViewRow, itemSummary, redactItem } from './item-view.ts';
import { readItems } from './items.ts';
import { pruneLog } from './log.ts';
import { type Answer, Refusal } from './refusal.ts';
import { expiryOf, heartbeat, present, register, wakes } from './runners.ts';
import { batchStatus, queueStatus } from './status.ts';
import { Sql, type SqliteStorage } from './storage.ts';
import { nextAlarm, sweep } from './sweep.ts';
import { type Outcome, type Surroundings, Turn } from './turn.ts';

export class Queue {
  readonly sql: Sql;
  readonly batches: Batches;
  #settings: QueueSettings = DEFAULT_QUEUE_SETTINGS;
  #queue_id: string | null = null;

  constructor(storage: SqliteStorage) {
    this.sql = new Sql(storage);
    this.batches = new Batches(this.sql);
    const row = this.sql.get<{ queue_id: string; settings: string }>('SELECT queue_id, settings FROM queue');
    if (row) {
      this.#queue_id = row.queue_id;
      this.#settings = { ...DEFAULT_QUEUE_SETTINGS, ...(JSON.parse(row.settings) as Partial<QueueSettings>) };
    }
  }

  get queue_id(): string {
    if (this.#queue_id === null) throw new Error('the queue was not configured');
    return this.#queue_id;
  }

  /** When the alarm must ring, as the rows have it. */
  get alarm_at(): number | null {
    return this.sql.get<{ alarm_at: number | null }>('SELECT alarm_at FROM queue')?.alarm_at ?? null;
  }

  /** Names the queue and sets what its owner set. Idempotent; the default queue names itself at its first call. */
  configure(queue_id: string, settings?: QueueSettings): void {
    if (this.#queue_id !== null && !settings) return;
    const next = settings ?? this.#settings;
    this.sql.all(
      `INSERT INTO queue (id, queue_id, settings) VALUES (1, ?1, ?2) ON CONFLICT (id) DO UPDATE SET settings = ?2`,
      queue_id,
      JSON.stringify(next),
    );
    this.#queue_id = queue_id;
    this.#settings = next;
  }

  /** A transaction: overdue deadlines first, then the command, then who is woken, then counters and log. */
  #transact<T>(surroundings: Surroundings, command: (turn: Turn) => T): Outcome<Answer<T>> {
    try {
      return this.sql.transaction(() => {
        const turn = new Turn(this.sql, surroundings);
        sweep(turn, this.#settings);
        const value = command(turn);
        wakes(turn);
        const log = turn.finish();
        if (log) pruneLog(this.sql, this.#settings, log, surroundings.now);
        return {
          value: { ok: true, value },
          log,
          orders: turn.orders,
          alarm_at: nextAlarm(this.sql, surroundings.now),
        };
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { value: { ok: false, problem: error.problem }, log: null, orders: [], alarm_at: this.alarm_at };
    }
  }

  enqueue(at: Surroundings, batch: CompiledBatch): Outcome<Answer<EnqueuedBatch>> {
    return this.#transact(at, (turn) => enqueue(turn, this.#settings, batch));
  }

  /** Cancels the item; 404 when there is none, 403 when it is somebody else's. A final item stays as it is. */
  cancelItem(at: Surroundings, principal: Principal, item_id: number): Outcome<Answer<ItemSummary>> {
    return this.#transact(at, (turn) => {
      const item = readItems(turn.sql, [item_id]).get(item_id);
      if (!item) throw itemNotFound(item_id);
      if (!maySee(principal, item.user_id)) throw new Refusal('forbidden', `Item ${item_id} belongs to somebody else.`);
      cancelItem(turn, item);
      return itemSummary(
        this.queue_id,
        this.batches,
        this.sql.one<ItemViewRow>(`${ITEM_VIEW} WHERE items.item_id = ?`, item_id),
      );
    });
  }

  /** Cancels what is not final of these batches; a caller who is no admin reaches its own batches only. */
  cancelByBatchIds(
    at: Surroundings,
    principal: Principal,
    batch_ids: readonly string[],
  ): Outcome<Answer<{ canceled: number }>> {
    return this.#transact(at, (turn) => {
      const rows = turn.sql.each<{ batch_no: number; user_id: string }>(
        'SELECT DISTINCT batch_no, user_id FROM json_each(?1) AS wanted JOIN batches ON batch_id = wanted.value',
        batch_ids,
      );
      const own = rows.filter((row) => maySee(principal, row.user_id)).map((row) => row.batch_no);
      return { canceled: cancelBatches(turn, own) };
    });
  }

  register(at: Surroundings, principal: Principal, body: RegisterBody): Outcome<Answer<RegisterResult>> {
    return this.#transact(at, (turn) => register(turn, this.#settings, principal.key_id, body));
  }

  claim(at: Surroundings, principal: Principal, body: ClaimBody): Outcome<Answer<ClaimResult>> {
    return this.#transact(at, (turn) => {
      const runner = present(turn, this.#settings, principal.key_id, body);
      return claim(turn, this.batches, this.queue_id, runner, body);
    });
  }

  callbacks(at: Surroundings, principal: Principal, body: CallbacksBody): Outcome<Answer<CallbacksResult>> {
    return this.#transact(at, (turn) => {
      const runner = present(turn, this.#settings, principal.key_id, body);
      const answers = applyCallbacks(turn, this.batches, runner.runner_no, body.entries);
      if (!body.claim) return { answers };
      return { answers, claim: claim(turn, this.batches, this.queue_id, runner, body.claim) };
    });
  }

  heartbeat(at: Surroundings, principal: Principal, body: HeartbeatBody): Outcome<Answer<HeartbeatResult>> {
    return this.#transact(at, (turn) => {
      const runner = present(turn, this.#settings, principal.key_id, body);
      return heartbeat(turn, this.#settings, runner, body);
    });
  }

  /** What the alarm does: the sweep that every transaction begins with. */
  wakeUp(at: Surroundings): Outcome<Answer<null>> {
    return this.#transact(at, () => null);
  }

  /** A runner's socket opened, which shows that it lives. */
  runnerConnected(at: Surroundings, runner_no: number): Outcome<Answer<null>> {
    return this.#transact(at, (turn) => {
      // Not one that was lost meanwhile, be it by the sweep of this very call: its leases are gone, it registers again.
      turn.sql.all(
        'UPDATE runners SET seen_at = ?, expires_at = ? WHERE runner_no = ? AND expires_at IS NOT NULL',
        turn.now,
        expiryOf(this.#settings, turn.now),
        runner_no,
      );
      return null;
    });
  }

  /**
   * A runner's socket closed. Most often its process is gone, so its deadline comes nearer; one that lives
   * reconnects and shows life long before.
   */
  runnerDisconnected(at: Surroundings, runner_no: number, epoch: number): Outcome<Answer<null>> {
    return this.#transact(at, (turn) => {
      const soon = turn.now + (this.#settings.runner_timeout_seconds * 1000) / 3;
      turn.sql.all(
        'UPDATE runners SET expires_at = MIN(expires_at, ?) WHERE runner_no = ? AND epoch = ? AND expires_at IS NOT NULL',
        Math.round(soon),
        runner_no,
        epoch,
      );
      return null;
    });
  }

  /** The number of a registered runner, for its socket; null when the registration is over. */
  runnerNo(principal: Principal, runner_id: string, epoch: number): number | null {
    return (
      this.sql.get<{ runner_no: number }>(
        'SELECT runner_no FROM runners WHERE runner_id = ? AND epoch = ? AND key_id = ? AND expires_at IS NOT NULL',
        runner_id,
        epoch,
        principal.key_id,
      )?.runner_no ?? null
    );
  }

  #viewRow(item_id: number): ItemViewRow | null {
    return this.sql.get<ItemViewRow>(`${ITEM_VIEW} WHERE items.item_id = ?`, item_id);
  }

  /** An item with what its session is rebuilt from; the graph and the results are left out for those who may not see them. */
  item(principal: Principal, item_id: number): Answer<ItemDetail> {
    const row = this.#viewRow(item_id);
    if (!row) return { ok: false, problem: itemNotFound(item_id).problem };
    const whole = maySee(principal, row.user_id);
    return { ok: true, value: itemDetail(this.sql, this.batches, this.queue_id, row, whole) };
  }

  items(principal: Principal, query: ListQuery): ItemPageRows {
    const page = listItems(this.sql, principal, query);
    const items: ItemSummary[] = [];
    let length = 0;
    for (const row of page.rows) {
      const summary = itemSummary(this.queue_id, this.batches, row);
      const shown = maySee(principal, summary.user_id) ? summary : redactItem(summary);
      length += valuesLength(shown.field_values);
      if (length > ANSWER_LENGTH_MAX && items.length > 0) return { items, has_more: true };
      items.push(shown);
    }
    return { items, has_more: page.has_more };
  }

  status(principal: Principal): QueueAndProcessorStatus {
    return queueStatus(this.sql, this.queue_id, principal);
  }

  batchStatus(principal: Principal, batch_id: string): BatchStatus {
    return batchStatus(this.sql, this.queue_id, principal, batch_id);
  }

  /** Those of the assets that an item refers to which the principal may see; a runner sees all that items refer to. */
  readableAssets(principal: Principal, asset_names: readonly string[]): string[] {
    const everything = isAdmin(principal) || hasScope(principal, 'runner');
    return this.sql
      .each<{ asset_name: string }>(
        `SELECT DISTINCT asset_name FROM json_each(?1) AS wanted JOIN asset_references ON asset_name = wanted.value
         JOIN items USING (item_id) JOIN batches USING (batch_no) WHERE ?2 OR batches.user_id = ?3`,
        asset_names,
        everything ? 1 : 0,
        principal.user_id,
      )
      .map((row) => row.asset_name);
  }
}

const itemNotFound = (item_id: number) => new Refusal('not_found', `The queue has no item ${item_id}.`);
