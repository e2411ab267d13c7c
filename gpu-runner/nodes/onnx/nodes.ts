/** The nodes of this folder; each is a file of its own and a line here. */
import type { Node } from '../node.ts';
import { faceDetectionNode } from './face-detection.ts';
import { onnxInfoNode } from './onnx-info.ts';
import { onnxModelLoaderNode } from './onnx-model-loader.ts';
import { onnxRunNode } from './onnx-run.ts';
import { upscaleNode } from './upscale.ts';

export const ONNX_NODES: readonly Node[] = [
  faceDetectionNode,
  onnxInfoNode,
  onnxModelLoaderNode,
  onnxRunNode,
  upscaleNode,
];
