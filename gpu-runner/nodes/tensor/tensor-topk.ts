import { LIST_ITEMS_MAX } from '../bounds.ts';
import { defineNode } from '../define-node.ts';
import { float, integer, listOf, string, tensor } from '../fields.ts';
import { numbersOf } from './element-type.ts';

/** Sorted at once, which takes a second for as many. */
const SCORES_MAX = 1_000_000;

export const tensorTopkNode = defineNode({
  type: 'tensor_topk',
  version: '1.0.0',
  title: 'Top K',
  category: 'tensor',
  description: 'The greatest elements of a list of scores, greatest first, and what they stand for.',
  deterministic: true,
  inputs: {
    tensor: tensor({ description: `The scores, at most ${SCORES_MAX}: one axis, all others of size 1.` }),
    k: integer({
      title: 'K',
      default: 5,
      minimum: 1,
      maximum: 1000,
      description: 'How many; fewer if there are fewer.',
    }),
    labels: listOf(string({ max_length: 1024 }), {
      default: [],
      max_items: LIST_ITEMS_MAX,
      description: 'What each element stands for, in their order; when empty, its index.',
    }),
  },
  output_type: 'tensor_topk_output',
  outputs: {
    labels: listOf(string({}), { description: 'What the greatest elements stand for.' }),
    scores: listOf(float({}), { description: 'Their values.' }),
    indices: listOf(integer({}), { description: 'Their indexes.' }),
  },
  invoke: ({ tensor, k, labels }) => {
    const { shape, data } = tensor;
    if (shape.filter((size) => size !== 1).length > 1)
      throw new RangeError(`tensor_topk takes one list of scores, not [${shape}]; use tensor_slice or tensor_reshape`);
    if (data.length > SCORES_MAX)
      throw new RangeError(`tensor_topk takes at most ${SCORES_MAX} scores, not ${data.length}; use tensor_slice`);
    if (labels.length > 0 && labels.length !== data.length)
      throw new RangeError(`there are ${labels.length} labels for ${data.length} scores`);
    const values = numbersOf(tensor);
    const indices = greatest(values, k);
    const scores = indices.map((index) => values[index] ?? 0);
    if (!scores.every(Number.isFinite)) throw new RangeError('the scores are not all finite numbers');
    return { labels: indices.map((index) => labels[index] ?? String(index)), scores, indices };
  },
});

/** Indexes of the k greatest, the first of equals first; NaN is above everything, so that it is noticed. */
function greatest(values: ArrayLike<number>, k: number): number[] {
  const rank = (index: number) => {
    const value = values[index] ?? 0;
    return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
  };
  const indices = Uint32Array.from({ length: values.length }, (_, index) => index);
  indices.sort((a, b) => (rank(a) > rank(b) ? -1 : rank(a) < rank(b) ? 1 : a - b));
  return Array.from(indices.subarray(0, k));
}
