/** What one item of a batch varies: it follows from the item's index, so nobody has to be asked. @pure */
import type { BatchDatum, NodeFieldValue } from '../../contract/queue/batch.ts';
import { positionsAt } from '../../graph/batch/position.ts';

/** `index`: from 0, in the order of the item ids. */
export function itemValues(data: readonly (readonly BatchDatum[])[], index: number): NodeFieldValue[] {
  const positions = positionsAt(
    data.map((group) => group[0]?.items.length ?? 1),
    index,
  );
  return data.flatMap((group, at) =>
    group.flatMap(({ node_path, field_name, items }) => {
      const value = items[positions[at] ?? 0];
      return value === undefined ? [] : [{ node_path, field_name, value }];
    }),
  );
}
