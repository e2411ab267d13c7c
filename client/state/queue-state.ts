/**
 * What a client knows of one queue: a value that `step` makes from the one before and an input. It is never changed in
 * place, so a page can compare two of them by identity. Everything in it is bounded. @pure
 */
import type { NodeOutput } from '../../contract/graph/graph.ts';
import type { ItemError } from '../../contract/queue/item.ts';
import type { BatchStatus, QueueStatus } from '../../contract/queue/queue.ts';
import type { Status } from '../../contract/queue/status.ts';
import type { ProgressImage } from '../../contract/runner/socket.ts';
import { EMPTY_GALLERY, type Gallery } from './gallery.ts';
import type { RecentMap } from './recent-map.ts';

/** Items whose states are kept; past it those go that were heard of longest ago, final ones first. */
export const ITEMS_MAX = 100;

/** Items remembered as ended that had to go before they were read. */
export const LEFT_MAX = 1_000;

/** Batches whose counters are kept, those with the latest news. */
export const BATCHES_MAX = 100;

/** Results shown of one source node, the newest; an iteration makes thousands. Counters tell of the others. */
export const OUTPUTS_PER_NODE_MAX = 32;

/** Ended invocations of one item that are told apart; of those before, the number of their newest event is enough. */
export const INVOCATIONS_PER_ITEM_MAX = 256;

/** Invocations of one item that run at once; more than that were started unseen and forgotten. */
export const RUNNING_PER_ITEM_MAX = 256;

/** Whose work is looked at: events of this user are one's own. */
export interface Viewer {
  user_id: string;
}

/** A node is in the status of its invocations; `canceled`: its item ended while it ran. */
export type NodeStatus = Exclude<Status, 'waiting'>;

export interface NodeResult {
  invocation_id: string;
  result: NodeOutput;
}

/** A source node of one item's session, over all of its invocations. */
export interface NodeState {
  node_id: string;
  type: string;
  status: NodeStatus;
  /** 0 to 1, of the invocation that runs or ran last; null when it tells nothing. */
  progress: number | null;
  message: string;
  progress_image: ProgressImage | null;
  /** The newest, in the order in which they were recorded. */
  outputs: readonly NodeResult[];
  completed: number;
  failed: number;
  /** How many ran when the item ended. */
  canceled: number;
  in_progress: number;
  error: ItemError | null;
  /** Whose error that is. */
  failed_invocation_id: string | null;
}

/** How an invocation ended. */
export type Ending = 'completed' | 'failed';

export interface ItemState {
  item_id: number;
  batch_id: string;
  session_id: string;
  origin: string | null;
  destination: string | null;
  /** Whether a workflow call made it; null while that is not known. */
  is_child: boolean | null;
  status: Status;
  /** Of the newest status that was seen; see `status_sequence` of an item. −1: it follows from what its session does. */
  status_sequence: number;
  device: string | null;
  error: ItemError | null;
  created_at: string | null;
  started_at: string | null;
  completed_at: string | null;
  nodes: ReadonlyMap<string, NodeState>;
  /** By invocation id: the sequence of the event that said so; 0 for progress, which has none. */
  running: ReadonlyMap<string, number>;
  /** The newest that ended. Released when the item is final and whole. */
  ended: RecentMap<Ending>;
  /** Of the newest event that was heard of it. */
  last_sequence: number;
  /** What ended up to this event is not told apart any more: see INVOCATIONS_PER_ITEM_MAX. */
  settled_sequence: number;
  /**
   * Nothing that was recorded of it is unknown here: it was watched from its start without a snapshot between, or its
   * session was read since. What is not whole is read.
   */
  whole: boolean;
  /** A snapshot did not tell of it: its status may be another by now. */
  doubtful: boolean;
  /** The read of its session that is under way. */
  reading: Reading | null;
  /** Reads begun since its status changed last. */
  reads: number;
}

/** What the pages of a read have told so far. */
export interface Reading {
  /** Its answers are taken only under this number. */
  read: number;
  nodes: ReadonlyMap<string, RecordedNode>;
  ended: RecentMap<Ending>;
}

export type RecordedNode = Pick<
  NodeState,
  'node_id' | 'type' | 'outputs' | 'completed' | 'failed' | 'error' | 'failed_invocation_id'
>;

export interface QueueState {
  /** null while the key's user is not known: until then every event is a stranger's. */
  viewer: Viewer | null;
  connected: boolean;
  /** What was missed has been told: what comes now is new. */
  live: boolean;
  /** Of the last event that was taken; null before the first word of the service. */
  sequence: number | null;
  paused: boolean | null;
  /** Of the event that said so. */
  paused_sequence: number;
  /** `sequence`: of the event that brought them. An answer to a call counts as old as the state that it was asked in. */
  counts: { value: QueueStatus; sequence: number } | null;
  /** Own ones by batch id; the order is that of the last news. */
  batches: ReadonlyMap<string, { value: BatchStatus; sequence: number }>;
  /** Own ones by item id; the order is that of the last news. */
  items: ReadonlyMap<number, ItemState>;
  /** Items that ended, and had to go before they were read: what is heard of them now ends them no second time. */
  left: ReadonlySet<number>;
  gallery: Gallery;
  /** The number of the next read. */
  next_read: number;
}

/** What a page begins with; `gallery` and `sequence`: what an earlier one kept, up to which event. */
export const initialState = (
  viewer: Viewer | null = null,
  gallery: Gallery = EMPTY_GALLERY,
  sequence: number | null = null,
): QueueState => ({
  viewer,
  connected: false,
  live: false,
  sequence,
  paused: null,
  paused_sequence: 0,
  counts: null,
  batches: new Map(),
  items: new Map(),
  left: new Set(),
  gallery,
  next_read: 1,
});
