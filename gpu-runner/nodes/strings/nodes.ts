/** The nodes of this folder; each is a file of its own and a line here. */
import type { Node } from '../node.ts';
import { dynamicPromptNode } from './dynamic-prompt.ts';
import { numberToStringNode } from './number-to-string.ts';
import { promptTemplateNode } from './prompt-template.ts';
import { stringCaseNode } from './string-case.ts';
import { stringContainsNode } from './string-contains.ts';
import { stringJoinNode } from './string-join.ts';
import { stringJoinCollectionNode } from './string-join-collection.ts';
import { stringJoinThreeNode } from './string-join-three.ts';
import { stringLengthNode } from './string-length.ts';
import { stringLinesNode } from './string-lines.ts';
import { stringReplaceNode } from './string-replace.ts';
import { stringSplitNode } from './string-split.ts';
import { stringSplitAllNode } from './string-split-all.ts';
import { stringSplitNegNode } from './string-split-neg.ts';
import { stringTemplateNode } from './string-template.ts';
import { stringToFloatNode } from './string-to-float.ts';
import { stringToIntegerNode } from './string-to-integer.ts';
import { stringTrimNode } from './string-trim.ts';

export const STRING_NODES: readonly Node[] = [
  stringJoinNode,
  stringJoinThreeNode,
  stringJoinCollectionNode,
  stringSplitNode,
  stringSplitAllNode,
  stringSplitNegNode,
  stringLinesNode,
  stringReplaceNode,
  stringCaseNode,
  stringTrimNode,
  stringLengthNode,
  stringContainsNode,
  stringToIntegerNode,
  stringToFloatNode,
  numberToStringNode,
  stringTemplateNode,
  promptTemplateNode,
  dynamicPromptNode,
];
