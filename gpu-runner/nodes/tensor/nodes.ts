/** The nodes of this folder; each is a file of its own and a line here. */
import type { Node } from '../node.ts';
import { imageToTensorNode } from './image-to-tensor.ts';
import { tensorArgmaxNode } from './tensor-argmax.ts';
import { tensorCastNode } from './tensor-cast.ts';
import { tensorConcatenateNode } from './tensor-concatenate.ts';
import { tensorFromListNode } from './tensor-from-list.ts';
import { tensorInfoNode } from './tensor-info.ts';
import { tensorMathNode } from './tensor-math.ts';
import { tensorNameNode } from './tensor-name.ts';
import { tensorPickNode } from './tensor-pick.ts';
import { tensorReduceNode } from './tensor-reduce.ts';
import { tensorReshapeNode } from './tensor-reshape.ts';
import { tensorSliceNode } from './tensor-slice.ts';
import { tensorSoftmaxNode } from './tensor-softmax.ts';
import { tensorToImageNode } from './tensor-to-image.ts';
import { tensorToListNode } from './tensor-to-list.ts';
import { tensorTopkNode } from './tensor-topk.ts';
import { tensorTransposeNode } from './tensor-transpose.ts';
import { tensorUnaryNode } from './tensor-unary.ts';

export const TENSOR_NODES: readonly Node[] = [
  imageToTensorNode,
  tensorArgmaxNode,
  tensorCastNode,
  tensorConcatenateNode,
  tensorFromListNode,
  tensorInfoNode,
  tensorMathNode,
  tensorNameNode,
  tensorPickNode,
  tensorReduceNode,
  tensorReshapeNode,
  tensorSliceNode,
  tensorSoftmaxNode,
  tensorToImageNode,
  tensorToListNode,
  tensorTopkNode,
  tensorTransposeNode,
  tensorUnaryNode,
];
