/** Tensors in the types that a model's own metadata asks for. */
import { fromHalf, toHalf } from '../diffusion/half.ts';
import type { OnnxModel, TensorInfo, TensorValue } from './onnx-model.ts';

export function inputNamed(model: OnnxModel, name: string): TensorInfo {
  const found = model.inputMetadata.find((input) => input.name === name);
  if (!found) throw new Error(`the model has no input '${name}' (it has ${names(model.inputMetadata)})`);
  return found;
}

export function onlyInput(model: OnnxModel, part: string): TensorInfo {
  const [input, ...others] = model.inputMetadata;
  if (!input || others.length > 0)
    throw new Error(`${part} has to have one input (it has ${names(model.inputMetadata)})`);
  return input;
}

/** The output of that name, or the only one there is. */
export function outputNamed(model: OnnxModel, name: string): TensorInfo {
  const { outputMetadata: outputs } = model;
  const found = outputs.find((output) => output.name === name) ?? (outputs.length === 1 ? outputs[0] : undefined);
  if (!found) throw new Error(`the model has no output '${name}' (it has ${names(outputs)})`);
  return found;
}

/** float32 or float16, as the input is declared. */
export function numberTensor(input: TensorInfo, data: Float32Array, dims: readonly number[]): TensorValue {
  if (input.type === 'float16') return { type: 'float16', dims, data: toHalf(data) };
  if (input.type === 'float64') return { type: 'float64', dims, data: Float64Array.from(data) };
  if (input.type === 'float32') return { type: 'float32', dims, data };
  throw new Error(`input '${input.name}' is ${input.type}, where numbers are expected`);
}

/** int64 or int32, as the input is declared; fractions are cut off. */
export function integerTensor(input: TensorInfo, values: readonly number[], dims: readonly number[]): TensorValue {
  if (input.type === 'int32') return { type: 'int32', dims, data: Int32Array.from(values, Math.trunc) };
  if (input.type === 'int64') {
    return { type: 'int64', dims, data: BigInt64Array.from(values, (value) => BigInt(Math.trunc(value))) };
  }
  throw new Error(`input '${input.name}' is ${input.type}, where integers are expected`);
}

/** An output as float32, whatever precision the model gives. */
export function floats(
  results: Record<string, TensorValue>,
  output: TensorInfo,
): { dims: readonly number[]; data: Float32Array } {
  const result = results[output.name];
  if (!result) throw new Error(`the model gave no output '${output.name}'`);
  const { dims, data, type } = result;
  if (type === 'float16' && data instanceof Uint16Array) return { dims, data: fromHalf(data) };
  if (data instanceof Float32Array) return { dims, data };
  if (data instanceof Float64Array) return { dims, data: Float32Array.from(data) };
  throw new Error(`output '${output.name}' is ${type}, where numbers are expected`);
}

const names = (list: readonly TensorInfo[]): string => list.map(({ name }) => `'${name}'`).join(', ');
