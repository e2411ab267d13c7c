/**
 * What a transaction changes of that which the order of claims goes by: who was served what, and which backlogs gained
 * or lost claimable items. Booked before items are chosen, and at the end.
 */
import { markReady, unmarkEmpty } from './ready.ts';
import { PARTS_PER_SECOND, partsOf } from './service.ts';
import type { Sql } from './storage.ts';

export class Ledger {
  /** In parts of a second. */
  readonly #service = new Map<string, number>();
  readonly #virtualTimes = new Map<number, number>();
  readonly #gained = new Set<number>();
  readonly #returned = new Set<number>();
  readonly #taken = new Set<number>();

  /** A user received device seconds, or gave some back. */
  serve(user_id: string, seconds: number): void {
    this.#service.set(user_id, (this.#service.get(user_id) ?? 0) + partsOf(seconds));
  }

  /** Somebody who had received `service` is served in the lane: a user who returns starts no earlier. */
  served(lane: number, service: number): void {
    this.#virtualTimes.set(lane, Math.max(this.#virtualTimes.get(lane) ?? 0, partsOf(service)));
  }

  /** Items of the backlog that were leased can be leased again. */
  returned(backlog_no: number): void {
    this.#returned.add(backlog_no);
  }

  /** The backlog may have a claimable item that it had not. */
  gained(backlog_no: number): void {
    this.#gained.add(backlog_no);
  }

  /** The backlog may have no claimable item any more. */
  taken(backlog_no: number): void {
    this.#taken.add(backlog_no);
  }

  /** Writes what a choice must see. */
  book(sql: Sql, now: number): void {
    sql.each(
      `INSERT INTO lanes (lane, virtual_time) SELECT value->>0, (value->>1) / ${PARTS_PER_SECOND}.0 FROM json_each(?1) WHERE true
       ON CONFLICT (lane) DO UPDATE SET virtual_time = excluded.virtual_time WHERE excluded.virtual_time > lanes.virtual_time`,
      [...this.#virtualTimes],
    );
    sql.each(
      `UPDATE users SET service = service + (value->>1) / ${PARTS_PER_SECOND}.0 FROM json_each(?1) WHERE user_id = value->>0`,
      [...this.#service].filter(([, parts]) => parts !== 0),
    );
    // Who held leases was not away: what they gave back is all theirs, as if they had never been granted.
    markReady(sql, this.#returned, now, 'stays');
    markReady(sql, this.#gained, now, 'returns');
    this.#virtualTimes.clear();
    this.#service.clear();
    this.#gained.clear();
    this.#returned.clear();
  }

  /** At the end of the transaction: what was taken from and is empty is known as empty. */
  close(sql: Sql, now: number): void {
    this.book(sql, now);
    unmarkEmpty(sql, [...this.#taken]);
  }
}
