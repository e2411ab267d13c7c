/** Sets of numbers as ranges: in order, apart from each other by one number at least. @pure */

export type Ranges = readonly (readonly [first: number, last: number])[];

/** The index of the first range that ends at `value` or after it. */
function at(ranges: Ranges, value: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.[1] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function includes(ranges: Ranges, value: number): boolean {
  const range = ranges[at(ranges, value)];
  return range !== undefined && range[0] <= value;
}

/** The same set when all of the range is in it. */
export function withOne(ranges: Ranges, first: number, last: number): Ranges {
  const from = at(ranges, first - 1);
  let through = from;
  let [low, high] = [first, last];
  for (let range = ranges[through]; range && range[0] <= last + 1; range = ranges[++through]) {
    if (range[0] <= first && last <= range[1]) return ranges;
    low = Math.min(low, range[0]);
    high = Math.max(high, range[1]);
  }
  return [...ranges.slice(0, from), [low, high], ...ranges.slice(through)];
}

/** The same set when it gains nothing. */
export function union(ranges: Ranges, others: Ranges): Ranges {
  const all = [...ranges, ...others].sort((one, other) => one[0] - other[0]);
  const merged: [number, number][] = [];
  for (const [first, last] of all) {
    const before = merged.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  const isSame =
    merged.length === ranges.length &&
    merged.every(([first, last], index) => first === ranges[index]?.[0] && last === ranges[index]?.[1]);
  return isSame ? ranges : merged;
}

/** Of numbers in any order. */
export const rangesOf = (numbers: Iterable<number>): Ranges =>
  union(
    [],
    Array.from(numbers, (number) => [number, number] as const),
  );
