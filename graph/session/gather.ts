/** What a collector puts into its list, and in which order. */
import type { Copies } from './copies.ts';
import { inputNamed, type PreparedSource } from './prepared-graph.ts';
import { listElement, listLength } from './stored-value.ts';

/** Reads what a copy of a node gives: as it is recorded, or live. */
export interface Outputs {
  of(node: number): Copies | undefined;
  output(copies: Copies, position: number, field: string): unknown;
}

/** One value that is gathered, and where it comes from. */
export interface Member {
  source: PreparedSource;
  copies: Copies;
  position: number;
}

/**
 * The copies that one copy of a collector takes from: first that of its collection, then those of its items by iteration
 * path and order of edges. Skipped ones are left out.
 */
export function membersOf(outputs: Outputs, collector: Copies, position: number): { lists: Member[]; items: Member[] } {
  const { inputs } = collector.node;
  const all = (name: string) =>
    (inputNamed(inputs, name)?.sources ?? []).map((source) => members(outputs, collector, position, source));
  const items = all('item');
  return {
    lists: all('collection').flat(),
    items: items.length < 2 ? (items[0] ?? []) : items.flat().sort(byPath),
  };
}

/** Sorting is stable, so that equal paths stay in the order of their edges. */
const byPath = (a: Member, b: Member): number => a.copies.outward.compare(a.position, b.copies.outward, b.position);

function members(outputs: Outputs, collector: Copies, position: number, source: PreparedSource): Member[] {
  const copies = outputs.of(source.node);
  const lefts = collector.joins.get(source.node)?.leftsOf(position);
  if (copies === undefined || lefts === undefined) return [];
  const found: Member[] = [];
  for (const left of lefts) if (!copies.isSkipped(left)) found.push({ source, copies, position: left });
  return found;
}

/** How many values a list that a collector made stands for, those of lists in it included; an empty one for 1. */
const WEIGHTS = new WeakMap<readonly unknown[], number>();

/** What a node recorded counts once, however long it is. */
const weightOf = (value: unknown): number => (Array.isArray(value) ? (WEIGHTS.get(value) ?? 1) : 1);

/**
 * The list of one copy of a collector. A collection that is no list counts as one value. `spend` hears how many values
 * are gathered beyond one for each item, before they are copied; it may throw. It hears of lists in lists what all of
 * them hold: collectors that gather each other would double that with each step, and a copy or a text spells it out.
 */
export function gathered(
  outputs: Outputs,
  collector: Copies,
  position: number,
  spend: (values: number) => void,
): unknown[] {
  const { lists, items } = membersOf(outputs, collector, position);
  const brought = ({ copies, position, source }: Member) => outputs.output(copies, position, source.field) ?? null;
  const values: unknown[] = [];
  let weight = 0;
  const add = (value: unknown) => {
    const own = weightOf(value);
    if (own > 1) spend(own - 1);
    weight += own;
    values.push(value);
  };
  for (const value of lists.map(brought)) {
    const length = listLength(value);
    if (length === undefined) add(value);
    else {
      spend(length);
      for (let index = 0; index < length; index++) add(listElement(value, index));
    }
  }
  for (const item of items) add(brought(item));
  WEIGHTS.set(values, Math.max(1, weight));
  return values;
}
