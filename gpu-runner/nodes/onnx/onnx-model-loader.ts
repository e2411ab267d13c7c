import { defineNode } from '../define-node.ts';
import { model } from '../fields.ts';

/** Loads nothing by itself, as `main_model_loader`: the node that runs the model loads it, on the device where it runs. */
export const onnxModelLoaderNode = defineNode({
  type: 'onnx_model_loader',
  version: '1.0.0',
  title: 'ONNX Model',
  category: 'model',
  description: 'Names a model of one ONNX file, for as many nodes as need it.',
  deterministic: true,
  inputs: { model: model({ input: 'direct', description: 'The model, of type onnx.' }) },
  output_type: 'onnx_model_loader_output',
  outputs: { model: model({ description: 'The model.' }) },
  invoke: ({ model: { key, hash } }) => ({ model: hash === undefined ? { key } : { key, hash } }),
});
