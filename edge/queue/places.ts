/**
 * Places between places: how a moved item gets one without any other being written, nearly always. Items that were
 * never moved stand at whole numbers, their ids; moved ones in between. @pure
 */

/** A number between the two; null when there is none. */
export function between(low: number, high: number): number | null {
  const middle = low + (high - low) / 2;
  return middle > low && middle < high ? middle : null;
}

/** `count` places between the two, at equal distances. */
export const spread = (low: number, high: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => low + ((high - low) * (index + 1)) / (count + 1));

/** How many items may be put between two neighbours before their places are written again, at least. */
const ROOM = 64;

/**
 * Whether `count` items between the two would stand far enough apart to be worth writing. The more are written, the
 * further apart they must be, so that many moves to one spot cost each a few rows.
 */
export const isRoomy = (low: number, high: number, count: number): boolean =>
  high - low >= ROOM * count ** 1.5 * Number.EPSILON * Math.max(1, Math.abs(high));

/** Whether that many have different places between the two at all. */
export const isPossible = (low: number, high: number, count: number): boolean =>
  (high - low) / (count + 1) > 2 * Number.EPSILON * Math.max(1, Math.abs(high));
