/** An item's index in its batch says which row of each group it takes: a number in mixed radix, runs outermost. */
import type { BatchValue, NodeFieldValue } from '../../contract/queue/batch.ts';
import type { BatchField, BatchGroup, BatchPlan } from './plan.ts';

/**
 * The row of each group for the item at `index` (from 0): the first group is the slowest digit, the last the fastest,
 * and every run starts again. Every length is at least 1, since a batch with an empty group has no items.
 */
export function positionsAt(groupLengths: readonly number[], index: number): number[] {
  const positions = new Array<number>(groupLengths.length);
  let rest = index;
  for (let group = groupLengths.length - 1; group >= 0; group--) {
    const length = groupLengths[group] ?? 1;
    positions[group] = rest % length;
    rest = Math.floor(rest / length);
  }
  return positions;
}

/** One row of a group: the value of each of its fields. */
export const rowAt = (group: BatchGroup, position: number): BatchValue[] =>
  group.items.map((values) => values[position] as BatchValue);

/** The substitutions that a row stands for; `row` holds one value for each of `fields`. */
export const fieldValues = (fields: readonly BatchField[], row: readonly BatchValue[]): NodeFieldValue[] =>
  fields.map(({ node_path, field_name }, index) => ({ node_path, field_name, value: row[index] as BatchValue }));

/** The substitutions of the item at `index`, in the order of the batch's data. */
export function valuesAt(plan: BatchPlan, index: number): NodeFieldValue[] {
  const positions = positionsAt(
    plan.groups.map(({ length }) => length),
    index,
  );
  return plan.groups.flatMap((group, at) => fieldValues(group.fields, rowAt(group, positions[at] ?? 0)));
}
