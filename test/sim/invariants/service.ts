/**
 * Service: what users were charged is what their live leases were charged and what their ended ones worked. Nothing else
 * raises it, but that a user who comes back to a lane starts where the others are; nothing lowers it.
 */
import type { Item } from '../model.ts';
import { hold } from '../violation.ts';
import type { Charges } from './rows.ts';
import type { Step } from './step.ts';

/** Service is counted in parts of a second. */
const EPSILON = 1e-4;

const isZero = (counts: Record<string, number>): boolean => Object.values(counts).every((count) => count === 0);

const laneOf = ({ batch }: Item): string => `${batch.user_id} ${batch.lane}`;

export class Service {
  /** Of each user, what remains after live charges and worked seconds are taken away: where it started. */
  readonly #starts = new Map<string, number>();
  /** Users and lanes that had something claimable. */
  #waiting = new Set<string>();
  /** Users who had nothing in the queue. */
  #empty = new Set<string>();

  compare(step: Step, charges: Charges): void {
    const { model, storage } = step;
    const waiting = new Set<string>();
    for (const item of model.open) if (model.isDue(item, step.now)) waiting.add(laneOf(item));
    const returned = new Set(
      [...waiting, ...[...step.changed].map((item_id) => laneOf(model.items.get(item_id)!))]
        .filter((lane) => !this.#waiting.has(lane))
        .map((lane) => lane.split(' ')[0]!),
    );
    this.#waiting = waiting;
    for (const { user_id, service } of storage.all<{ user_id: string; service: number }>(
      'SELECT user_id, service FROM users',
    )) {
      const { charge, seconds } = charges.of(user_id);
      const worked = (model.worked.get(user_id) ?? 0) - seconds;
      const start = service - charge - worked;
      const before = this.#starts.get(user_id) ?? 0;
      // Who had nothing left may have been forgotten, and begins anew.
      const forgotten = this.#empty.has(user_id);
      const same = Math.abs(start - before) < EPSILON || forgotten || (returned.has(user_id) && start > before);
      hold(
        'service-is-settled',
        same,
        () =>
          `${user_id} received ${service}: ${charge} are charged for live leases, ${worked} were worked, ${start} remain, ${before} before`,
      );
      this.#starts.set(user_id, start);
    }
    this.#empty = new Set([...this.#starts.keys()].filter((user_id) => isZero(model.countsOf(`user ${user_id}`))));
  }
}
