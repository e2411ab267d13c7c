import { LIST_ITEMS_MAX } from '../bounds.ts';
import { defineNode } from '../define-node.ts';
import { tensor } from '../fields.ts';
import { FLOAT_COLLECTION_OUTPUT } from '../outputs.ts';
import { numbersOf } from './element-type.ts';

export const tensorToListNode = defineNode({
  type: 'tensor_to_list',
  version: '1.0.0',
  title: 'Tensor to List',
  category: 'tensor',
  description: `The elements of a tensor as a list, row by row; at most ${LIST_ITEMS_MAX}.`,
  deterministic: true,
  inputs: { tensor: tensor({ description: 'The tensor.' }) },
  ...FLOAT_COLLECTION_OUTPUT,
  invoke: ({ tensor }) => {
    if (tensor.data.length > LIST_ITEMS_MAX)
      throw new RangeError(
        `a list has at most ${LIST_ITEMS_MAX} elements, and this tensor ${tensor.data.length}; use tensor_slice or tensor_reduce`,
      );
    const collection = Array.from(numbersOf(tensor));
    for (const [i, value] of collection.entries()) {
      if (!Number.isFinite(value)) throw new RangeError(`element ${i} is ${value}, which no list can hold`);
      if (typeof tensor.data[i] === 'bigint' && !Number.isSafeInteger(value))
        throw new RangeError(`element ${i} is ${tensor.data[i]}, beyond what a list holds exactly (±(2^53 − 1))`);
    }
    return { collection };
  },
});
