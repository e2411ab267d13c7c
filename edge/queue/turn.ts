/**
 * One transaction of the queue (D3): a command reads, decides, writes rows and states facts; the counters and the
 * log row are written at its end, in the same transaction. What must happen outside follows from the outcome.
 */
import type { QueueSettings } from '../../contract/queue/queue.ts';
import { STATUS_NAMES, type Status } from '../../contract/queue/status.ts';
import type { HeldLease } from '../../contract/runner/heartbeat.ts';
import type { Batches } from './batches.ts';
import { type CountIndex, type Counts, type Fact, type LogBody, type LogRow, noCounts, sumOf } from './fact.ts';
import type { Sql } from './storage.ts';

/** What the shell does after the commit; losing one costs time, never correctness. */
export type Order =
  | { order: 'cancel'; runner_no: number; item_ids: number[] }
  | { order: 'recall' | 'stop'; runner_no: number; leases: HeldLease[] }
  | { order: 'wake'; runner_no: number };

export interface Outcome<T> {
  value: T;
  log: LogRow | null;
  orders: Order[];
  /** When the alarm is due now; null when there is nothing to wait for. */
  alarm_at: number | null;
}

/** What a command is given besides its input: time and chance are arguments, so that a test decides them. */
export interface Surroundings {
  now: number;
  /** A fresh token of 16 URL-safe characters. */
  token: () => string;
}

/** The queue that commands act on and reads look at. */
export interface QueueContext {
  readonly queue_id: string;
  readonly settings: QueueSettings;
  readonly sql: Sql;
  readonly batches: Batches;
}

/** UTF-16 units of one log row: nearly all are ASCII, and the platform stores 2,000,000 bytes. */
const LOG_BODY_LENGTH_MAX = 1_000_000;

/** Where a status stands among the counters. */
const indexOf = Object.fromEntries(STATUS_NAMES.map((status, index) => [status, index])) as Record<Status, CountIndex>;

/** `SET` of columns that grow by the elements of a JSON list, from its element `first` on. */
const grow = (columns: readonly string[], first: number): string =>
  columns.map((column, index) => `"${column}" = "${column}" + (value->>${first + index})`).join(', ');

const SET_COUNTS = grow(STATUS_NAMES, 1);
/** What /metrics shows, in the order of `Turn.#totals`. */
const TOTALS = [
  ...STATUS_NAMES.map((status) => `total_${status}`),
  'total_enqueued',
  'total_device_seconds',
  'total_wait_seconds',
  'total_waits',
];
const SET_TOTALS = grow(TOTALS, 1 + STATUS_NAMES.length);
const RETURN_COUNTS = STATUS_NAMES.map((status) => `"${status}"`).join(', ');

type CountRow = Record<Status, number>;
export const countsOf = (row: CountRow): Counts => STATUS_NAMES.map((status) => row[status]) as Counts;

export class Turn implements Surroundings, QueueContext {
  readonly queue_id: string;
  readonly settings: QueueSettings;
  readonly sql: Sql;
  readonly batches: Batches;
  readonly now: number;
  readonly token: () => string;
  readonly facts: Fact[] = [];
  readonly orders: Order[] = [];
  /** Backlogs that gained claimable items, and how many: who is woken follows from it. */
  readonly claimable = new Map<number, number>();
  readonly #batches = new Map<number, Counts>();
  readonly #users = new Map<string, Counts>();
  /** Device seconds to add to what users received, and to what batches took. */
  readonly #service = new Map<string, number>();
  readonly #seconds = new Map<number, number>();
  /** Arrivals in each status, whatever they came from. */
  readonly #arrived: Counts = noCounts();
  #enqueued = 0;
  #deviceSeconds = 0;
  #waitSeconds = 0;
  #waits = 0;
  #virtualTime = 0;
  /** Of the batches whose items moved. */
  readonly #owners = new Map<number, string>();

  constructor({ queue_id, settings, sql, batches }: QueueContext, { now, token }: Surroundings) {
    this.queue_id = queue_id;
    this.settings = settings;
    this.sql = sql;
    this.batches = batches;
    this.now = now;
    this.token = token;
  }

  /** Counts `count` items of one batch as moved; null stands for "not in the queue". */
  move(owner: { batch_no: number; user_id: string }, from: Status | null, to: Status | null, count = 1): void {
    this.#owners.set(owner.batch_no, owner.user_id);
    for (const counts of [entry(this.#batches, owner.batch_no), entry(this.#users, owner.user_id)]) {
      if (from) counts[indexOf[from]] -= count;
      if (to) counts[indexOf[to]] += count;
    }
    if (to) this.#arrived[indexOf[to]] += count;
    if (!from) this.#enqueued += count;
  }

  /** Charges a user for device seconds, or gives them back. */
  serve({ batch_no, user_id }: { batch_no: number; user_id: string }, seconds: number): void {
    this.#owners.set(batch_no, user_id);
    this.#service.set(user_id, (this.#service.get(user_id) ?? 0) + seconds);
  }

  /** Somebody who had received `service` was served: a user who returns starts no earlier (D7). */
  served(service: number): void {
    this.#virtualTime = Math.max(this.#virtualTime, service);
  }

  /** Device seconds that were worked, whatever for. */
  worked(seconds: number): void {
    this.#deviceSeconds += seconds;
  }

  /** How long an item waited for its first start. */
  waited(seconds: number): void {
    this.#waitSeconds += seconds;
    this.#waits += 1;
  }

  /** Adds the device seconds of a completed item to its batch's. */
  ran(batch_no: number, seconds: number): void {
    this.#seconds.set(batch_no, (this.#seconds.get(batch_no) ?? 0) + seconds);
  }

  madeClaimable(backlog_no: number, count = 1): void {
    this.claimable.set(backlog_no, (this.claimable.get(backlog_no) ?? 0) + count);
  }

  /** Writes counters and the log row. */
  finish(): LogRow | null {
    const { sql } = this;
    if (this.facts.length === 0) {
      sql.each('UPDATE users SET service = service + (value->>1) FROM json_each(?1) WHERE user_id = value->>0', [
        ...this.#service,
      ]);
      if (this.#virtualTime > 0)
        sql.all('UPDATE queue SET virtual_time = ?1 WHERE virtual_time < ?1', this.#virtualTime);
      return null;
    }
    const total = sumOf(this.#batches.values());
    const totals = [...this.#arrived, this.#enqueued, this.#deviceSeconds, this.#waitSeconds, this.#waits];
    const queue = sql.one<CountRow & { sequence: number; virtual_time: number }>(
      `UPDATE queue SET sequence = sequence + ?2, virtual_time = MAX(virtual_time, ?3), ${SET_COUNTS}, ${SET_TOTALS}
       FROM json_each(?1) RETURNING sequence, virtual_time, ${RETURN_COUNTS}`,
      JSON.stringify([['queue', ...total, ...totals]]),
      this.facts.length,
      this.#virtualTime,
    );
    const batches = sql.each<CountRow & { batch_no: number }>(
      `UPDATE batches SET ${SET_COUNTS}, seconds = seconds + (value->>${STATUS_NAMES.length + 1})
       FROM json_each(?1) WHERE batch_no = value->>0 RETURNING batch_no, ${RETURN_COUNTS}`,
      [...this.#batches].map(([batch_no, counts]) => [batch_no, ...counts, this.#seconds.get(batch_no) ?? 0]),
    );
    // Who had nothing pending starts where the others are: what was received long ago is not held against anybody,
    // and waiting earns nothing.
    const users = sql.each<CountRow & { user_id: string }>(
      `INSERT INTO users (user_id, ${RETURN_COUNTS}, service)
       SELECT value->>0, ${STATUS_NAMES.map((_, index) => `value->>${index + 1}`).join(', ')},
         ?2 + (value->>${STATUS_NAMES.length + 1}) FROM json_each(?1) WHERE true
       ON CONFLICT (user_id) DO UPDATE SET
         service = CASE WHEN users.pending = 0 AND excluded.pending > 0 THEN MAX(users.service, ?2) ELSE users.service END
           + (excluded.service - ?2),
         ${STATUS_NAMES.map((status) => `"${status}" = "${status}" + excluded."${status}"`).join(', ')}
       RETURNING user_id, ${RETURN_COUNTS}`,
      [...new Set([...this.#users.keys(), ...this.#service.keys()])].map((user_id) => [
        user_id,
        ...(this.#users.get(user_id) ?? noCounts()),
        this.#service.get(user_id) ?? 0,
      ]),
      queue.virtual_time,
    );
    const body: LogBody = {
      facts: this.facts,
      queue: countsOf(queue),
      batches: batches.map((row) => [row.batch_no, countsOf(row)]),
      users: users.map((row) => [row.user_id, countsOf(row)]),
    };
    const row: LogRow = { sequence: queue.sequence, count: this.facts.length, at: this.now, body };
    this.#append(row);
    return row;
  }

  /** A row of the log, or several when the transaction is too large for one value: each names what its own events need. */
  #append(row: LogRow): void {
    const { sequence, count, at, body } = row;
    const text = JSON.stringify(body);
    if (text.length <= LOG_BODY_LENGTH_MAX || count === 1) {
      this.sql.all(
        `INSERT INTO log (sequence, count, at, body, total_length)
         VALUES (?, ?, ?, ?, ? + COALESCE((SELECT total_length FROM log ORDER BY sequence DESC LIMIT 1), 0))`,
        sequence,
        count,
        at,
        text,
        text.length,
      );
      return;
    }
    const half = Math.ceil(count / 2);
    this.#append({
      sequence: sequence - count + half,
      count: half,
      at,
      body: this.#part(body, body.facts.slice(0, half)),
    });
    this.#append({ sequence, count: count - half, at, body: this.#part(body, body.facts.slice(half)) });
  }

  #part(body: LogBody, facts: Fact[]): LogBody {
    const batch_nos = new Set(facts.flatMap((fact) => (fact[0] === 'status' ? [fact[2]] : [])));
    const users = new Set([...batch_nos].map((batch_no) => this.#owners.get(batch_no)));
    return {
      facts,
      queue: body.queue,
      batches: body.batches.filter(([batch_no]) => batch_nos.has(batch_no)),
      users: body.users.filter(([user_id]) => users.has(user_id)),
    };
  }
}

function entry<K>(map: Map<K, Counts>, key: K): Counts {
  const found = map.get(key) ?? noCounts();
  map.set(key, found);
  return found;
}
