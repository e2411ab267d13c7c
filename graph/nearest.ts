/** Finds the name that somebody probably meant. */

/** A typing slip or two; beyond that a suggestion misleads more than it helps. */
const DISTANCE_MAX = 3;

/** Longer names are pasted, not typed; and a suggestion is worth so many comparisons, of a product of lengths each. */
const LENGTH_MAX = 48;
const CANDIDATES_MAX = 500;

/** The candidate with the fewest edits from `name`, at most three and less than half of it; undefined if none is near. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.min(DISTANCE_MAX, Math.ceil(name.length / 2) - 1);
  let best: string | undefined;
  let bestDistance = limit + 1;
  let compared = 0;
  if (name.length > LENGTH_MAX) return undefined;
  for (const candidate of candidates) {
    if (compared === CANDIDATES_MAX) break;
    compared++;
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name, candidate);
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** Levenshtein's distance, by rows. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
  }
  return row[b.length] ?? 0;
}
