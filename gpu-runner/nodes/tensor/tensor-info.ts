import { defineNode } from '../define-node.ts';
import { float, integer, listOf, string, tensor } from '../fields.ts';
import { isLong, numbersOf } from './element-type.ts';
import { PAUSE_ELEMENTS } from './shape.ts';

export const tensorInfoNode = defineNode({
  type: 'tensor_info',
  version: '1.0.0',
  title: 'Tensor Info',
  category: 'tensor',
  description: 'What a tensor is like.',
  deterministic: true,
  inputs: { tensor: tensor({ description: 'The tensor.' }) },
  output_type: 'tensor_info_output',
  outputs: {
    name: string({ description: 'The name of the input or output of a model that it has; empty when it has none.' }),
    dtype: string({ description: 'Its element type, as float32 or int64.' }),
    shape: listOf(integer({}), { description: 'The sizes of its axes.' }),
    size: integer({ description: 'How many elements it has.' }),
    minimum: float({ required: false, description: 'The least element; null when that is no finite number.' }),
    maximum: float({ required: false, description: 'The greatest element; null when that is no finite number.' }),
    mean: float({ required: false, description: 'The mean of the elements; null when that is no finite number.' }),
  },
  invoke: async ({ tensor }, context) => {
    const { name = '', type, shape, data } = tensor;
    const values = isLong(data) ? data : numbersOf(tensor);
    let [minimum, maximum, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
    for (let start = 0; start < values.length; start += PAUSE_ELEMENTS) {
      await context.checkpoint();
      const end = Math.min(values.length, start + PAUSE_ELEMENTS);
      for (let i = start; i < end; i++) {
        const value = Number(values[i]);
        minimum = Math.min(minimum, value);
        maximum = Math.max(maximum, value);
        sum += value;
      }
    }
    return {
      name,
      dtype: type,
      shape: shape.slice(),
      size: data.length,
      minimum: finite(minimum),
      maximum: finite(maximum),
      mean: finite(sum / data.length),
    };
  },
});

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
