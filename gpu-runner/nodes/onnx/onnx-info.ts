import { defineNode } from '../define-node.ts';
import { listOf, model, string } from '../fields.ts';
import { described } from './tensor-info.ts';

const texts = (description: string) => listOf(string({}), { description });

export const onnxInfoNode = defineNode({
  type: 'onnx_info',
  version: '1.0.0',
  title: 'ONNX Model Info',
  category: 'onnx',
  description: 'What goes into a model and what comes out.',
  deterministic: true,
  inputs: { model: model({ description: 'The model, of type onnx.' }) },
  output_type: 'onnx_info_output',
  outputs: {
    input_names: texts('The names of its inputs, in its order.'),
    inputs: texts('Its inputs as text: "name: float32[1, 3, height, width]"; sizes with a name, or "?", may vary.'),
    output_names: texts('The names of its outputs, in its order.'),
    outputs: texts('Its outputs as text.'),
  },
  invoke: async ({ model }, context) => {
    const { inputMetadata, outputMetadata } = await context.models.onnx(model);
    return {
      input_names: inputMetadata.map(({ name }) => name),
      inputs: inputMetadata.map(described),
      output_names: outputMetadata.map(({ name }) => name),
      outputs: outputMetadata.map(described),
    };
  },
});
