import { NAME_LENGTH_MAX } from '../../../contract/limits.ts';
import type { OnnxModel, TensorValue } from '../../models/onnx-model.ts';
import { defineNode } from '../define-node.ts';
import { boolean, listOf, model, oneOrMany, string, tensor } from '../fields.ts';
import { cast } from '../tensor/cast.ts';
import { ELEMENT_TYPES, type ElementTypeName, elementType, tensorOf } from '../tensor/element-type.ts';
import type { Tensor } from '../tensor-value.ts';
import { assignInputs, checkInput } from './feeds.ts';
import { listed } from './tensor-info.ts';

/**
 * Types are converted only when that is asked for: whether float32 may become float16, or int64 int32, is a question
 * of the values, which the author of a workflow knows and this node does not.
 */
export const onnxRunNode = defineNode({
  type: 'onnx_run',
  version: '1.0.0',
  title: 'Run ONNX Model',
  category: 'onnx',
  description:
    'Runs a model on tensors. A tensor with a name (see tensor_name) goes to the input of that name; those without fill the other inputs in the order of the model.',
  deterministic: true,
  inputs: {
    model: model({ description: 'The model, of type onnx.' }),
    inputs: oneOrMany(tensor({}), { description: 'One tensor for each input of the model.' }),
    outputs: listOf(string({ min_length: 1, max_length: NAME_LENGTH_MAX }), {
      default: [],
      max_items: 256,
      description: 'Names of the outputs to compute, in the order wanted; when empty, all of them.',
    }),
    cast_inputs: boolean({
      default: false,
      description: 'Whether inputs are converted to the element type that the model wants, as tensor_cast does it.',
    }),
  },
  output_type: 'onnx_run_output',
  outputs: {
    tensors: listOf(tensor({}), { description: 'The outputs; each has its name.' }),
    tensor: tensor({ description: 'The first of them.' }),
  },
  invoke: async ({ model, inputs, outputs, cast_inputs }, context) => {
    const loaded = await context.models.onnx(model);
    const names = wantedOutputs(loaded, outputs);
    const feeds: Record<string, TensorValue> = {};
    for (const [input, given] of assignInputs(loaded.inputMetadata, [inputs].flat())) {
      const pause = () => context.checkpoint();
      const tensor = cast_inputs && isElementType(input.type) ? await cast(given, input.type, pause) : given;
      checkInput(input, tensor);
      feeds[input.name] = { type: tensor.type, dims: tensor.shape, data: tensor.data };
    }
    if (await loaded.drawsRandomNumbers())
      context.log('This model draws random numbers: the same inputs give other outputs each time.');
    // Nothing interrupts what comes now.
    await context.checkpoint();
    const results = await loaded.run(feeds, names);
    const tensors = names.map((name) => outputTensor(name, results[name]));
    const [first] = tensors;
    if (!first) throw new Error('the model has no outputs');
    return { tensors, tensor: first };
  },
});

const isElementType = (name: string): name is ElementTypeName => Object.hasOwn(ELEMENT_TYPES, name);

function wantedOutputs({ outputMetadata }: OnnxModel, wanted: readonly string[]): string[] {
  const known = outputMetadata.map(({ name }) => name);
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`the model has no output '${unknown}'; it has ${listed(outputMetadata)}`);
  return wanted.length === 0 ? known : [...new Set(wanted)];
}

function outputTensor(name: string, value: TensorValue | undefined): Tensor {
  if (!value) throw new Error(`the model gave no output '${name}'`);
  elementType(value.type);
  return { ...tensorOf(value.type, value.dims, value.data), name };
}
