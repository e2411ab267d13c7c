/**
 * A map from ids that keeps the newest of them, as a value: adding leaves the one before as it was. Young entries stand
 * in layers that double in size, so that adding costs a few copies and not one of the whole; two generations make that
 * between half of the bound and all of it is kept. @pure
 */

type Layers<Value> = readonly ReadonlyMap<string, Value>[];

export interface RecentMap<Value> {
  readonly young: Layers<Value>;
  readonly young_size: number;
  readonly old: Layers<Value>;
  /** The sequence up to which the old ones were added. */
  readonly old_through: number;
  /** Some were forgotten; each was added at this sequence or before it. null: it holds all that were added. */
  readonly forgotten_through: number | null;
}

export const NO_RECENT: RecentMap<never> = {
  young: [],
  young_size: 0,
  old: [],
  old_through: 0,
  forgotten_through: null,
};

export function recentValue<Value>({ young, old }: RecentMap<Value>, id: string): Value | undefined {
  for (let at = young.length - 1; at >= 0; at--) {
    const value = young[at]?.get(id);
    if (value !== undefined) return value;
  }
  for (const layer of old) {
    const value = layer.get(id);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** `id` is new to it; `sequence` is never below that of the one before, but for what arrives out of order. */
export function withRecent<Value>(
  recent: RecentMap<Value>,
  id: string,
  value: Value,
  sequence: number,
  max: number,
): RecentMap<Value> {
  const young: ReadonlyMap<string, Value>[] = [...recent.young];
  let last = new Map([[id, value]]);
  for (let before = young.at(-1); before && before.size <= last.size; before = young.at(-1)) {
    last = new Map([...before, ...last]);
    young.pop();
  }
  young.push(last);
  const young_size = recent.young_size + 1;
  if (young_size < max / 2) return { ...recent, young, young_size };
  return {
    young: [],
    young_size: 0,
    old: young,
    old_through: sequence,
    forgotten_through: recent.old.length > 0 ? recent.old_through : recent.forgotten_through,
  };
}

/** Oldest first. */
export function* recentEntries<Value>({ young, old }: RecentMap<Value>): Generator<[string, Value]> {
  for (const layer of old) yield* layer;
  for (const layer of young) yield* layer;
}

export const recentSize = <Value>(recent: RecentMap<Value>): number =>
  recent.young_size + recent.old.reduce((sum, layer) => sum + layer.size, 0);
