/** What leases cost, in device seconds: charged when they are granted, corrected when they end (D7). @pure */

/** Until an item of a batch has completed, nobody knows how long they take. */
const UNKNOWN_SECONDS = 1;

/** A lease is never free: a turn that was taken is a turn less. */
const LEAST_SECONDS = 1 / 1024;

/**
 * Service is counted in whole parts of a second, and a power of two of them: sums are exact, whatever was charged and
 * given back in between, so that users who received the same are equal.
 */
export const PARTS_PER_SECOND = 2 ** 20;

export const partsOf = (seconds: number): number => Math.round(seconds * PARTS_PER_SECOND);

export const secondsOf = (parts: number): number => parts / PARTS_PER_SECOND;

/** What a lease on an item of a batch is charged: the mean of those that were completed. */
export const expectedSeconds = ({ seconds, ran }: { seconds: number; ran: number }): number =>
  ran === 0 ? UNKNOWN_SECONDS : Math.max(LEAST_SECONDS, secondsOf(partsOf(seconds / ran)));
