/** The nodes of this folder; each is a file of its own and a line here. */
import type { Node } from '../node.ts';
import { booleanNode } from './boolean.ts';
import { booleanCollectionNode } from './boolean-collection.ts';
import { boundingBoxNode } from './bounding-box.ts';
import { colorNode } from './color.ts';
import { floatNode } from './float.ts';
import { floatCollectionNode } from './float-collection.ts';
import { imageNode } from './image.ts';
import { imageCollectionNode } from './image-collection.ts';
import { integerNode } from './integer.ts';
import { integerCollectionNode } from './integer-collection.ts';
import { latentsNode } from './latents.ts';
import { stringNode } from './string.ts';
import { stringCollectionNode } from './string-collection.ts';

export const PRIMITIVE_NODES: readonly Node[] = [
  integerNode,
  floatNode,
  stringNode,
  booleanNode,
  colorNode,
  imageNode,
  latentsNode,
  boundingBoxNode,
  integerCollectionNode,
  floatCollectionNode,
  stringCollectionNode,
  booleanCollectionNode,
  imageCollectionNode,
];
