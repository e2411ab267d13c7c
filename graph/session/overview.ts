/** What a session consists of so far: its invocations, which of them are skipped, what its control nodes gave. */
import type { NodeOutput } from '../../contract/graph/graph.ts';
import { put } from '../own.ts';
import { type Copies, DONE, SKIPPED } from './copies.ts';
import type { Expansion } from './expansion.ts';

/** Copies of every prepared node, in the order of nodes. */
const all = (expansion: Expansion): Copies[] =>
  expansion.graph.nodes.flatMap(({ index }) => expansion.table.of(index) ?? []);

/** Source id → ids of its invocations by iteration path. An iterate node's are its elements, once they are known. */
export function preparedIds(expansion: Expansion): Map<string, string[]> {
  const isKnown = ({ node, elements }: Copies) => node.control !== 'iterate' || elements !== undefined;
  return new Map(
    all(expansion).flatMap((copies) =>
      isKnown(copies)
        ? [[copies.node.id, copies.outward.suffixes.map((suffix) => copies.node.id + suffix)] as const]
        : [],
    ),
  );
}

export function skippedIds(expansion: Expansion): Set<string> {
  const ids = new Set<string>();
  for (const copies of all(expansion))
    if (copies.node.control !== 'iterate')
      copies.states.forEach((state, position) => {
        if (state === SKIPPED) ids.add(expansion.table.id(copies, position));
      });
  return ids;
}

/** What the control nodes that are done gave, by invocation id; ephemeral values are marks. */
export function derivedOutputs(expansion: Expansion): Map<string, NodeOutput> {
  const outputs = new Map<string, NodeOutput>();
  for (const copies of all(expansion)) {
    const { node, outward, elements, states } = copies;
    if (node.control === undefined || (node.control === 'iterate' && elements === undefined)) continue;
    for (let position = 0; position < outward.size; position++) {
      if (elements === undefined && states[position] !== DONE) continue;
      const output: NodeOutput = { type: node.nodeType.output_type };
      for (const field of Object.keys(node.nodeType.outputs))
        put(output, field, expansion.table.output(copies, position, field) ?? null);
      outputs.set(expansion.table.id(copies, position), output);
    }
  }
  return outputs;
}
