/** The live tensors that flow between nodes. Nobody changes one that it was given, so that two may share their data. */
import type { TensorData } from '../models/onnx-model.ts';
import type { EphemeralValue } from './ephemeral-value.ts';

/** Dense, row by row. float16 is its bits in a Uint16Array, bool is 0 or 1 in a Uint8Array, as onnxruntime has them. */
export interface Tensor extends EphemeralValue {
  readonly shape: readonly number[];
  /** ONNX's name of the element type: float32, int64, uint8, … */
  readonly type: string;
  readonly data: TensorData;
  /**
   * The input of a model that it is meant for, or the output that it came from. Nodes that compute a new tensor give it
   * none: `tensor_name` and `onnx_run` do.
   */
  readonly name?: string;
}
