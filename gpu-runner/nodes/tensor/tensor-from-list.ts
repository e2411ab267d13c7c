import { LIST_ITEMS_MAX } from '../bounds.ts';
import { defineNode } from '../define-node.ts';
import { choice, float, integer, listOf } from '../fields.ts';
import { cast } from './cast.ts';
import { ELEMENT_TYPE_NAMES, elementType, RANK_MAX, tensorOf } from './element-type.ts';
import { TENSOR_OUTPUT } from './output.ts';

export const tensorFromListNode = defineNode({
  type: 'tensor_from_list',
  version: '1.0.0',
  title: 'Tensor from List',
  category: 'tensor',
  description: 'Makes a tensor of numbers.',
  deterministic: true,
  inputs: {
    values: listOf(float({}), { max_items: LIST_ITEMS_MAX, description: 'The elements, row by row.' }),
    shape: listOf(integer({ minimum: 0 }), {
      default: [],
      max_items: RANK_MAX,
      description: 'The sizes of its axes; when empty, one axis of as many as there are values.',
    }),
    dtype: choice(ELEMENT_TYPE_NAMES, { default: 'float32', description: 'The element type.' }),
  },
  ...TENSOR_OUTPUT,
  invoke: async ({ values, shape, dtype }, context) => {
    const { kind } = elementType(dtype);
    const wrong = kind === 'integer' || kind === 'long' ? values.find((value) => !Number.isInteger(value)) : undefined;
    if (wrong !== undefined) throw new TypeError(`${wrong} is no ${dtype}; round it, or make the tensor float32`);
    const numbers = tensorOf('float64', shape.length === 0 ? [values.length] : shape, Float64Array.from(values));
    return { tensor: await cast(numbers, dtype, () => context.checkpoint()) };
  },
});
