/** An item after its session was read. @pure */
import { isFinal } from '../../contract/queue/status.ts';
import { newNode, revised, sourceOf, withEnded, withOutput, withRunning } from './node-state.ts';
import type { ItemState, NodeState, Reading, RecordedNode } from './queue-state.ts';
import { recentEntries, recentValue } from './recent-map.ts';

export const reconciled = (item: ItemState, reading: Reading): ItemState =>
  isFinal(item.status) ? asRecorded(item, reading) : joined(item, reading);

/** Nothing more is recorded, so the records are all. Nodes without one are left alone. */
function asRecorded(item: ItemState, { nodes: recorded }: Reading): ItemState {
  const nodes = new Map(item.nodes);
  for (const node of item.nodes.values())
    if (item.status === 'completed' && node.canceled > 0) nodes.set(node.node_id, revised(node, { canceled: 0 }));
  for (const node of recorded.values()) {
    const known = nodes.get(node.node_id) ?? newNode(node.node_id, node.type);
    const unheard = node.completed + node.failed - known.completed - known.failed;
    nodes.set(
      node.node_id,
      revised(known, {
        ...node,
        in_progress: 0,
        canceled: Math.max(0, known.canceled - Math.max(0, unheard)),
        progress: known.progress === null || node.completed === 0 ? null : 1,
      }),
    );
  }
  return { ...item, nodes, running: new Map(), whole: true, reading: null };
}

/**
 * The session goes on, and so do its events: what they told that the records do not have came after them. All of both
 * has to be told apart for that; of a longer session the greater count is taken, and it is read again at its end.
 */
function joined(item: ItemState, reading: Reading): ItemState {
  const exact =
    item.settled_sequence === 0 && item.ended.forgotten_through === null && reading.ended.forgotten_through === null;
  const isRecorded = (invocation_id: string) => recentValue(reading.ended, invocation_id) !== undefined;
  const runs = new Map([...item.running].filter(([invocation_id]) => !isRecorded(invocation_id)));
  const base = withRunning(item, runs, 'dropped');
  const later = new Map<string, { completed: number; failed: number }>();
  for (const [invocation_id, ending] of recentEntries(item.ended)) {
    if (isRecorded(invocation_id)) continue;
    const count = later.get(sourceOf(invocation_id)) ?? { completed: 0, failed: 0 };
    count[ending]++;
    later.set(sourceOf(invocation_id), count);
  }
  const nodes = new Map(base.nodes);
  for (const node of reading.nodes.values()) {
    const known = nodes.get(node.node_id) ?? newNode(node.node_id, node.type);
    const { completed, failed } = later.get(node.node_id) ?? { completed: 0, failed: 0 };
    nodes.set(
      node.node_id,
      revised(known, {
        outputs: outputsOf(node, known, isRecorded),
        completed: exact ? node.completed + completed : Math.max(node.completed, known.completed),
        failed: exact ? node.failed + failed : Math.max(node.failed, known.failed),
        error: node.error ?? known.error,
        failed_invocation_id: node.failed_invocation_id ?? known.failed_invocation_id,
      }),
    );
  }
  let next: ItemState = { ...base, nodes, whole: exact, reading: null };
  if (!exact) return next;
  next = { ...next, ended: reading.ended };
  for (const [invocation_id, ending] of recentEntries(item.ended))
    if (!isRecorded(invocation_id)) next = withEnded(next, invocation_id, ending, item.last_sequence);
  return next;
}

function outputsOf(node: RecordedNode, known: NodeState, isRecorded: (invocation_id: string) => boolean) {
  let outputs = node.outputs;
  const shown = new Set(outputs.map(({ invocation_id }) => invocation_id));
  for (const output of known.outputs)
    if (!isRecorded(output.invocation_id) && !shown.has(output.invocation_id)) outputs = withOutput(outputs, output);
  return outputs;
}
