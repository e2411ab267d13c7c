/** The nodes of this folder; each is a file of its own and a line here. */
import type { Node } from '../node.ts';
import { collectionConcatNode } from './collection-concat.ts';
import { collectionContainsNode } from './collection-contains.ts';
import { collectionFlattenNode } from './collection-flatten.ts';
import { collectionItemNode } from './collection-item.ts';
import { collectionReverseNode } from './collection-reverse.ts';
import { collectionSizeNode } from './collection-size.ts';
import { collectionSliceNode } from './collection-slice.ts';
import { collectionSortNode } from './collection-sort.ts';
import { collectionUniqueNode } from './collection-unique.ts';
import { floatRangeNode } from './float-range.ts';
import { isEmptyNode } from './is-empty.ts';
import { randomRangeNode } from './random-range.ts';
import { rangeNode } from './range.ts';
import { rangeOfSizeNode } from './range-of-size.ts';

export const COLLECTION_NODES: readonly Node[] = [
  rangeNode,
  rangeOfSizeNode,
  randomRangeNode,
  floatRangeNode,
  collectionSizeNode,
  isEmptyNode,
  collectionContainsNode,
  collectionItemNode,
  collectionSliceNode,
  collectionConcatNode,
  collectionFlattenNode,
  collectionReverseNode,
  collectionSortNode,
  collectionUniqueNode,
];
