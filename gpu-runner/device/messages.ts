/**
 * What an agent and its device child say to each other, over the child's IPC channel. Messages travel as arrays, one
 * array a turn of the event loop: a session that does nothing must cost little. A *ticket* is the agent's own number
 * for one grant, so that a lease that ended and a new lease on the same item are never taken for each other.
 */
import type { NodeType } from '../../contract/graph/catalogue.ts';
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import type { CallbackKind } from '../../contract/runner/callbacks.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import type { Device } from '../../contract/runner/register.ts';
import type { Model } from '../../contract/store/model.ts';
import type { Failure } from './execution-providers.ts';
import type { DeviceSettings } from './settings.ts';

/** A folder that holds a whole model, verified. */
export interface ModelFolder {
  folder: string;
  manifest: Model;
}

export type DeviceRequest =
  | { what: 'asset'; asset_name: string }
  | { what: 'model'; key: string; hash: string | undefined }
  /** A file of it does not load: checks them all; true when some were damaged and are whole now. */
  | { what: 'mend_model'; key: string; hash: string };

export type ToDevice =
  /** The first message: which devices to try, in order, and which have failed in earlier processes. */
  | { kind: 'start'; candidates: string[]; failures: Failure[]; settings: DeviceSettings; watched: boolean }
  | { kind: 'batch'; batch_id: string; graph: PinnedGraph }
  | { kind: 'forget_batch'; batch_id: string }
  | { kind: 'run'; ticket: number; grant: Grant }
  /** A user canceled the item: stop it at the next checkpoint and say so. */
  | { kind: 'cancel'; ticket: number }
  /** Give the item back, unless it has started. */
  | { kind: 'recall'; ticket: number; reason: string }
  /** The lease is over and nothing that is reported counts: stop, and only say that it ended. */
  | { kind: 'discard'; ticket: number }
  | { kind: 'watch'; watched: boolean }
  /** An asset that it wrote is stored, or never will be. */
  | { kind: 'settled'; asset_name: string }
  /** Bytes of what was asked for that have come so far. */
  | { kind: 'part'; request: number; done: number; total: number }
  | { kind: 'answer'; request: number; value: Uint8Array | ModelFolder | boolean }
  | { kind: 'refusal'; request: number; error_name: string; message: string };

export type FromDevice =
  /** Named before each try, so that a driver that kills the process is known by name. */
  | { kind: 'trying'; device: string }
  | {
      kind: 'ready';
      device: Device;
      reason: string;
      engine: number;
      /** Type → version of all nodes, and the definitions of those of its own folder. */
      types: Record<string, string>;
      nodes: NodeType[];
    }
  /** No device works, or the runner's own nodes cannot be loaded. */
  | { kind: 'unusable'; reason: string; because: 'device' | 'nodes' }
  /**
   * A callback entry, written as JSON here so that nobody writes it again. With the last one come the seconds of a whole
   * session and its statistics, as JSON.
   */
  | { kind: 'entry'; ticket: number; entry: CallbackKind; json: string; seconds?: number; stats?: string }
  /** A discarded item has ended. */
  | { kind: 'ended'; ticket: number }
  /** Bytes that later entries of the same ticket refer to. */
  | { kind: 'asset'; ticket: number; asset_name: string; content_type: string; bytes: Uint8Array }
  /** The small image of an asset is being made, and is made; `bytes` is null when there is none. */
  | { kind: 'preview_begun'; asset_name: string }
  | { kind: 'preview'; asset_name: string; content_type: string; bytes: Uint8Array | null }
  /** The hashes of the models that are loaded now, the most recently used first. */
  | { kind: 'models'; hashes: string[] }
  /** Progress for the socket, as JSON. */
  | { kind: 'report'; json: string }
  | { kind: 'request'; request: number; wanted: DeviceRequest }
  /** For the runner's log, and with a ticket for the session's too. */
  | {
      kind: 'log';
      level: 'info' | 'warn' | 'error';
      message: string;
      ticket?: number;
      item_id?: number;
      invocation_id?: string;
    };

/** Entries after which the device has nothing more to do with the item. */
const LAST: ReadonlySet<CallbackKind> = new Set([
  'session_complete',
  'session_failed',
  'session_released',
  'session_stopped',
]);

export const isLast = (entry: CallbackKind): boolean => LAST.has(entry);
