/**
 * What a node is to the runner: data about its fields, and a function (D10). Node authors use `defineNode` of
 * `define-node.ts`; this file holds the types that the session loop and the nodes share.
 */
import type { NodeType } from '../../contract/graph/catalogue.ts';
import type { ModelIdentifier } from '../../contract/store/model.ts';
import type { PreviewPixels } from '../diffusion/preview-pixels.ts';
import type { DiffusionModel } from '../models/diffusion-model.ts';
import type { OnnxModel } from '../models/onnx-model.ts';

/** Thrown by `checkpoint` when the item was canceled. Silent: no error is recorded, no result kept. */
export class CanceledError extends Error {
  override name = 'CanceledError';
}

export interface ProgressUpdate {
  message: string;
  /** 0 to 1. */
  percentage?: number;
  /** Called only when somebody watches and the last preview is old enough, so it may cost something. */
  preview?: () => Promise<PreviewPixels> | PreviewPixels;
}

export interface AssetAccess {
  /** The bytes of an asset; throws when there is no such asset or the item's user may not read it. */
  read(assetName: string): Promise<Uint8Array>;
  /** Stores bytes under their sha256, which it returns at once; the upload overlaps with what follows. */
  write(bytes: Uint8Array, contentType: string): Promise<string>;
}

/**
 * Loaded models of this device, by reference. The first call for a model downloads, verifies and loads it; it is the
 * node's until `invoke` has ended, and may be unloaded after that.
 */
export interface ModelAccess {
  diffusion(model: ModelIdentifier): Promise<DiffusionModel>;
  onnx(model: ModelIdentifier): Promise<OnnxModel>;
}

/** What a node may do besides computing. */
export interface InvocationContext {
  readonly invocation_id: string;
  /** Cheap; true once a user canceled this item. */
  isCanceled(): boolean;
  /** Lets messages in, then throws CanceledError if canceled. Call it between steps of long work. */
  checkpoint(): Promise<void>;
  progress(update: ProgressUpdate): Promise<void>;
  readonly assets: AssetAccess;
  readonly models: ModelAccess;
  log(message: string): void;
}

/** A node as the runner executes it. */
export interface Node {
  readonly definition: NodeType;
  /**
   * `inputs` are hydrated and validated by the graph engine; ephemeral fields hold live values. Returns one value
   * for each output field, without `type`.
   */
  invoke(inputs: Record<string, unknown>, context: InvocationContext): Promise<Record<string, unknown>>;
}
