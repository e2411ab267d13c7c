/**
 * One transaction of the queue (D3): a command reads, decides, writes rows and states facts; the counters and the
 * log row are written at its end, in the same transaction. What must happen outside follows from the outcome.
 */
import type { QueueSettings } from '../../contract/queue/queue.ts';
import { isFinal, STATUS_NAMES, type Status } from '../../contract/queue/status.ts';
import type { HeldLease } from '../../contract/runner/heartbeat.ts';
import type { Batches } from './batches.ts';
import type { ItemState } from './callback.ts';
import { type CountIndex, type Counts, type Fact, type LogBody, type LogRow, noCounts, sumOf } from './fact.ts';
import { Ledger } from './ledger.ts';
import type { Sql } from './storage.ts';

/** What the shell does after the commit; losing one costs time, never correctness. */
export type Order =
  | { order: 'cancel'; runner_no: number; item_ids: number[] }
  | { order: 'recall' | 'stop'; runner_no: number; leases: HeldLease[] }
  | { order: 'wake' | 'drain'; runner_no: number };

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
  /** When the platform last answered a ping on the runner's socket; null when it never did. */
  pongAt: (runner_no: number) => number | null;
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

const NOTHING_RAN = [0, 0] as const;

type CountRow = Record<Status, number>;
export const countsOf = (row: CountRow): Counts => STATUS_NAMES.map((status) => row[status]) as Counts;

export class Turn implements Surroundings, QueueContext {
  readonly queue_id: string;
  readonly settings: QueueSettings;
  readonly sql: Sql;
  readonly batches: Batches;
  readonly now: number;
  readonly token: () => string;
  readonly pongAt: (runner_no: number) => number | null;
  readonly facts: Fact[] = [];
  readonly orders: Order[] = [];
  /** Items that ended, as they are now: what it means for their chains is settled in the same transaction. */
  readonly ended: ItemState[] = [];
  /** Items that were removed: their rows stay until the log has forgotten this transaction. */
  readonly removed: [first_item_id: number, last_item_id: number][] = [];
  /** Backlogs that gained claimable items, and how many: who is woken follows from it. */
  readonly claimable = new Map<number, number>();
  readonly #batches = new Map<number, Counts>();
  readonly #users = new Map<string, Counts>();
  readonly #ledger = new Ledger();
  /** Items that completed, and their device seconds, by batch. */
  readonly #ran = new Map<number, [count: number, seconds: number]>();
  /** Arrivals in each status, whatever they came from. */
  readonly #arrived: Counts = noCounts();
  #enqueued = 0;
  #deviceSeconds = 0;
  #waitSeconds = 0;
  #waits = 0;
  /** Of the batches whose items moved. */
  readonly #owners = new Map<number, string>();

  constructor({ queue_id, settings, sql, batches }: QueueContext, { now, token, pongAt }: Surroundings) {
    this.queue_id = queue_id;
    this.settings = settings;
    this.sql = sql;
    this.batches = batches;
    this.now = now;
    this.token = token;
    this.pongAt = pongAt;
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

  /** How many items of the batch are not final, at this point of the transaction. */
  activeIn(batch_no: number): number {
    const row = this.sql.one<CountRow>(`SELECT ${RETURN_COUNTS} FROM batches WHERE batch_no = ?`, batch_no);
    const moved = this.#batches.get(batch_no) ?? noCounts();
    return STATUS_NAMES.reduce((sum, status) => sum + (isFinal(status) ? 0 : row[status] + moved[indexOf[status]]), 0);
  }

  /** Charges a user for device seconds, or gives them back. */
  serve({ user_id }: { user_id: string }, seconds: number): void {
    this.#ledger.serve(user_id, seconds);
  }

  /** Somebody who had received `service` was served in the lane: a user who returns starts no earlier (D7). */
  served(lane: number, service: number): void {
    this.#ledger.served(lane, service);
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

  /** An item of the batch completed, after so many device seconds. */
  ran(batch_no: number, seconds: number): void {
    const [count, sum] = this.#ran.get(batch_no) ?? NOTHING_RAN;
    this.#ran.set(batch_no, [count + 1, sum + seconds]);
  }

  /** Items of the backlog can be leased that could not: whoever is idle hears of them. */
  madeClaimable(backlog_no: number, count = 1): void {
    this.claimable.set(backlog_no, (this.claimable.get(backlog_no) ?? 0) + count);
    this.#ledger.gained(backlog_no);
  }

  /** Leases of items of the backlog ended, which are pending again. */
  returned(backlog_no: number): void {
    this.#ledger.returned(backlog_no);
  }

  /** Items of the backlog were leased, and there may be no more. */
  taken(backlog_no: number): void {
    this.#ledger.taken(backlog_no);
  }

  /** Writes what the order of claims goes by, so that a choice sees what this transaction did. */
  book(): void {
    this.#ledger.book(this.sql, this.now);
  }

  /** Writes counters and the log row. */
  finish(): LogRow | null {
    const { sql } = this;
    if (this.facts.length === 0) {
      this.#ledger.close(sql, this.now);
      return null;
    }
    const total = sumOf(this.#batches.values());
    const totals = [...this.#arrived, this.#enqueued, this.#deviceSeconds, this.#waitSeconds, this.#waits];
    const queue = sql.one<CountRow & { sequence: number }>(
      `UPDATE queue SET sequence = sequence + ?2, ${SET_COUNTS}, ${SET_TOTALS}
       FROM json_each(?1) RETURNING sequence, ${RETURN_COUNTS}`,
      JSON.stringify([['queue', ...total, ...totals]]),
      this.facts.length,
    );
    sql.each(
      'INSERT INTO removals (sequence, first_item_id, last_item_id) SELECT ?2, value->>0, value->>1 FROM json_each(?1)',
      this.removed,
      queue.sequence,
    );
    const batches = sql.each<CountRow & { batch_no: number; backlog_no: number }>(
      `UPDATE batches SET ${SET_COUNTS}, ${grow(['ran', 'seconds'], 1 + STATUS_NAMES.length)}
       FROM json_each(?1) WHERE batch_no = value->>0 RETURNING batch_no, backlog_no, ${RETURN_COUNTS}`,
      [...this.#batches].map(([batch_no, counts]) => [
        batch_no,
        ...counts,
        ...(this.#ran.get(batch_no) ?? NOTHING_RAN),
      ]),
    );
    for (const { pending, backlog_no } of batches) if (pending === 0) this.taken(backlog_no);
    const users = sql.each<CountRow & { user_id: string }>(
      `INSERT INTO users (user_id, ${RETURN_COUNTS})
       SELECT value->>0, ${STATUS_NAMES.map((_, index) => `value->>${index + 1}`).join(', ')} FROM json_each(?1) WHERE true
       ON CONFLICT (user_id) DO UPDATE SET ${STATUS_NAMES.map((status) => `"${status}" = "${status}" + excluded."${status}"`).join(', ')}
       RETURNING user_id, ${RETURN_COUNTS}`,
      [...this.#users].map(([user_id, counts]) => [user_id, ...counts]),
    );
    this.#ledger.close(sql, this.now);
    const body = this.#part(
      {
        facts: this.facts,
        queue: countsOf(queue),
        batches: batches.map((row) => [row.batch_no, countsOf(row)]),
        users: users.map((row) => [row.user_id, countsOf(row)]),
      },
      this.facts,
    );
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

  /** What the events of some facts need: the counters of the batches and users that a status event shows. */
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
