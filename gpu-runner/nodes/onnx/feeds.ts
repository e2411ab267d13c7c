/** Which tensor goes into which input of a model, and whether it fits. @pure */
import type { TensorInfo } from '../../models/onnx-model.ts';
import type { Tensor } from '../tensor-value.ts';
import { described, listed } from './tensor-info.ts';

/**
 * The tensor of each input, in the model's order. A name decides; tensors without one fill what is left, in order.
 * Throws when a tensor is for no input, or an input has none.
 */
export function assignInputs(inputs: readonly TensorInfo[], tensors: readonly Tensor[]): Map<TensorInfo, Tensor> {
  const byName = new Map<string, Tensor>();
  for (const tensor of tensors) {
    const { name } = tensor;
    if (name === undefined) continue;
    if (!inputs.some((input) => input.name === name))
      throw new Error(
        `the model has no input '${name}'; it takes ${listed(inputs)}. Give the tensor another name with tensor_name, or none, to fill them in order.`,
      );
    if (byName.has(name)) throw new Error(`two tensors are for input '${name}'; each input takes one`);
    byName.set(name, tensor);
  }
  const unnamed = tensors.filter(({ name }) => name === undefined);
  const assigned = new Map<TensorInfo, Tensor>();
  for (const input of inputs) {
    const tensor = byName.get(input.name) ?? unnamed.shift();
    if (!tensor) throw new Error(`no tensor is for input '${described(input)}'; the model takes ${listed(inputs)}`);
    assigned.set(input, tensor);
  }
  if (unnamed.length > 0) throw new Error(`${tensors.length} tensors are too many: the model takes ${listed(inputs)}`);
  return assigned;
}

/** Throws when the tensor's type, its number of axes or one of its sizes is not what the input wants. */
export function checkInput(input: TensorInfo, { type, shape }: Tensor): void {
  const given = `${type}[${shape.join(', ')}]`;
  if (type !== input.type)
    throw new TypeError(
      `input '${described(input)}' got ${given}; convert it with tensor_cast, or let onnx_run do it (cast_inputs)`,
    );
  const fits =
    shape.length === input.shape.length &&
    input.shape.every((size, axis) => typeof size === 'string' || size < 0 || size === shape[axis]);
  if (!fits)
    throw new RangeError(`input '${described(input)}' got ${given}; give it that shape, e.g. with tensor_reshape`);
}
