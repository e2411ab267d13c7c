/**
 * The nodes of one item's session, by what is heard of its invocations. A final item takes only what its session had
 * recorded before it ended; an invocation that has ended takes nothing more. @pure
 */

import type { NodeOutput } from '../../contract/graph/graph.ts';
import type { ItemError } from '../../contract/queue/item.ts';
import { isFinal } from '../../contract/queue/status.ts';
import type { ProgressImage } from '../../contract/runner/socket.ts';
import {
  type Ending,
  INVOCATIONS_PER_ITEM_MAX,
  type ItemState,
  type NodeResult,
  type NodeState,
  type NodeStatus,
  OUTPUTS_PER_NODE_MAX,
  RUNNING_PER_ITEM_MAX,
} from './queue-state.ts';
import { recentValue, withRecent } from './recent-map.ts';

/** What is said of one invocation; `sequence` is 0 for progress, which has none. */
export type InvocationNews = { invocation_id: string; type: string; sequence: number } & (
  | { kind: 'started' }
  | { kind: 'progress'; percentage: number | null; message: string; image: ProgressImage | null }
  | { kind: 'complete'; result: NodeOutput }
  | { kind: 'error'; error: ItemError }
);

/**
 * applied  the item is another now.
 * refused  the item stays as it is: the news is old, or too late.
 * unclear  the item stays as it is, and something of it is or may be unknown: its session has to be read.
 */
export interface Heard {
  item: ItemState;
  verdict: 'applied' | 'refused' | 'unclear';
}

/** The source node of an invocation: its id without the iteration path. It needs no mapping that could lack one. */
export function sourceOf(invocation_id: string): string {
  const end = invocation_id.indexOf('#');
  return end === -1 ? invocation_id : invocation_id.slice(0, end);
}

export const newNode = (node_id: string, type: string): NodeState => ({
  node_id,
  type,
  status: 'pending',
  progress: null,
  message: '',
  progress_image: null,
  outputs: [],
  completed: 0,
  failed: 0,
  canceled: 0,
  in_progress: 0,
  error: null,
  failed_invocation_id: null,
});

export const revised = (node: NodeState, change: Partial<Omit<NodeState, 'status'>>): NodeState => {
  const next = { ...node, ...change };
  next.status = statusOf(next);
  return next;
};

/** Of many invocations, what somebody has to know first. */
function statusOf({ in_progress, failed, canceled, completed }: NodeState): NodeStatus {
  if (in_progress > 0) return 'in_progress';
  if (failed > 0) return 'failed';
  if (canceled > 0) return 'canceled';
  return completed > 0 ? 'completed' : 'pending';
}

export const withOutput = (outputs: readonly NodeResult[], output: NodeResult): readonly NodeResult[] => [
  ...outputs.slice(1 - OUTPUTS_PER_NODE_MAX),
  output,
];

export function heard(item: ItemState, news: InvocationNews): Heard {
  const now = news.sequence > item.last_sequence ? { ...item, last_sequence: news.sequence } : item;
  switch (news.kind) {
    case 'started':
    case 'progress':
      return begun(now, news);
    case 'complete':
    case 'error':
      return ended(now, news);
  }
}

const refused = (item: ItemState): Heard => ({ item, verdict: 'refused' });

function begun(item: ItemState, news: Extract<InvocationNews, { kind: 'started' | 'progress' }>): Heard {
  const { invocation_id, sequence } = news;
  if (isFinal(item.status) || hasEnded(item, invocation_id)) return refused(item);
  const runs = item.running.has(invocation_id);
  if (news.kind === 'started') {
    if (runs || (sequence !== 0 && sequence <= item.settled_sequence)) return refused(item);
  } else if (!runs && item.status !== 'in_progress') {
    // Progress is not kept in order: this is of a run that was given up.
    return refused(item);
  }
  const next = runs ? item : running(item, invocation_id, news.type, sequence);
  if (news.kind === 'started') return { item: next, verdict: 'applied' };
  const { percentage, message, image } = news;
  const node = nodeOf(next, news);
  // A report without an image leaves the last one standing.
  const shown = revised(node, { progress: percentage, message, progress_image: image ?? node.progress_image });
  return { item: withNode(next, shown), verdict: 'applied' };
}

function running(item: ItemState, invocation_id: string, type: string, sequence: number): ItemState {
  const all = new Map(item.running).set(invocation_id, sequence);
  const node = nodeOf(item, { invocation_id, type });
  const next = withNode(
    { ...item, running: all },
    revised(node, { in_progress: node.in_progress + 1, progress: null, message: '', progress_image: null }),
  );
  if (all.size <= RUNNING_PER_ITEM_MAX) return next;
  const [oldest = invocation_id] = all.keys();
  all.delete(oldest);
  const left = nodeOf(next, { invocation_id: oldest, type: '' });
  return withNode(next, revised(left, { in_progress: left.in_progress - 1 }));
}

function ended(item: ItemState, news: Extract<InvocationNews, { kind: 'complete' | 'error' }>): Heard {
  const { invocation_id, sequence } = news;
  const failed = news.kind === 'error';
  const age = ageOf(item, invocation_id, sequence, failed);
  if (age === 'old') return refused(item);
  // Whoever canceled has seen the last of it; and a session with a failed node does not complete.
  if (item.status === 'completed' && failed) return refused(item);
  if (item.status === 'canceled' || age === 'unclear') return { item, verdict: 'unclear' };
  const ran = item.running.has(invocation_id);
  let next = item;
  if (ran) {
    const rest = new Map(item.running);
    rest.delete(invocation_id);
    next = { ...item, running: rest };
  }
  const node = nodeOf(item, news);
  const counted = {
    in_progress: node.in_progress - (ran ? 1 : 0),
    // It ran when its item ended, and what it recorded is heard of only now.
    canceled: isFinal(item.status) ? Math.max(0, node.canceled - 1) : node.canceled,
    message: '',
    progress_image: null,
  };
  const revision = failed
    ? { ...counted, failed: node.failed + 1, error: news.error, failed_invocation_id: invocation_id, progress: null }
    : {
        ...counted,
        completed: node.completed + 1,
        outputs: withOutput(node.outputs, { invocation_id, result: news.result }),
        progress: node.progress === null ? null : 1,
      };
  return {
    item: withEnded(withNode(next, revised(node, revision)), invocation_id, failed ? 'failed' : 'completed', sequence),
    verdict: 'applied',
  };
}

export function withEnded(item: ItemState, invocation_id: string, ending: Ending, sequence: number): ItemState {
  const all = withRecent(item.ended, invocation_id, ending, sequence, INVOCATIONS_PER_ITEM_MAX);
  return { ...item, ended: all, settled_sequence: Math.max(item.settled_sequence, all.forgotten_through ?? 0) };
}

function hasEnded(item: ItemState, invocation_id: string): boolean {
  if (recentValue(item.ended, invocation_id) !== undefined) return true;
  const node = item.nodes.get(sourceOf(invocation_id));
  if (node === undefined) return false;
  return (
    node.failed_invocation_id === invocation_id || node.outputs.some((output) => output.invocation_id === invocation_id)
  );
}

/** Whether the end of an invocation is news. Past what is told apart, a node that shows all of its results still knows. */
function ageOf(item: ItemState, invocation_id: string, sequence: number, failed: boolean): 'new' | 'old' | 'unclear' {
  if (hasEnded(item, invocation_id)) return 'old';
  // After a final status an event is out of order, and its number says nothing.
  if (!isFinal(item.status) && sequence > item.settled_sequence) return 'new';
  const node = item.nodes.get(sourceOf(invocation_id));
  if (node === undefined) return 'new';
  if (failed) return node.failed === 0 ? 'new' : 'old';
  return node.completed <= node.outputs.length ? 'new' : 'unclear';
}

const nodeOf = (item: ItemState, { invocation_id, type }: { invocation_id: string; type: string }): NodeState => {
  const node_id = sourceOf(invocation_id);
  return item.nodes.get(node_id) ?? newNode(node_id, type);
};

const withNode = (item: ItemState, node: NodeState): ItemState => ({
  ...item,
  nodes: new Map(item.nodes).set(node.node_id, node),
});

/** Its session was put back: what ran may start again. `through`: what started after that event runs on. */
export function withoutRunning(item: ItemState, through: number): ItemState {
  const stays = new Map([...item.running].filter(([, sequence]) => sequence > through));
  return stays.size === item.running.size ? item : withRunning(item, stays, 'dropped');
}

/** Its session has ended, and what ran with it. */
export const runningCanceled = (item: ItemState): ItemState =>
  item.running.size === 0 ? item : withRunning(item, new Map(), 'canceled');

export function withRunning(
  item: ItemState,
  running: ReadonlyMap<string, number>,
  left: 'dropped' | 'canceled',
): ItemState {
  const nodes = new Map(item.nodes);
  for (const invocation_id of item.running.keys()) {
    const node = nodes.get(sourceOf(invocation_id));
    if (running.has(invocation_id) || node === undefined) continue;
    const canceled = node.canceled + (left === 'canceled' ? 1 : 0);
    const gone = { in_progress: node.in_progress - 1, canceled, progress: null, message: '', progress_image: null };
    nodes.set(node.node_id, revised(node, gone));
  }
  return { ...item, running, nodes };
}

/** Progress is of a connection: what was told on the last one is not true any more. */
export function withoutProgress(item: ItemState): ItemState {
  if (item.running.size === 0) return item;
  const nodes = new Map(item.nodes);
  for (const node of item.nodes.values())
    if (node.in_progress > 0) nodes.set(node.node_id, { ...node, progress: null, message: '', progress_image: null });
  return { ...item, nodes };
}
