/** Outputs that many nodes share, each with its `output_type` as InvokeAI names it: spread one into a definition. */
import {
  any,
  boolean,
  boundingBox,
  color,
  conditioning,
  type Field,
  float,
  image,
  integer,
  latents,
  listOf,
  string,
} from './fields.ts';

const singleOf = <const Type extends string, Value>(output_type: Type, value: Field<Value>) => ({
  output_type,
  outputs: { value },
});

const collectionOf = <const Type extends string, Value>(output_type: Type, element: Field<Value>) => ({
  output_type,
  outputs: { collection: listOf(element, { description: 'The values, in order.' }) },
});

export const BOOLEAN_OUTPUT = singleOf('boolean_output', boolean({ description: 'The result.' }));
export const INTEGER_OUTPUT = singleOf('integer_output', integer({ description: 'The result.' }));
export const FLOAT_OUTPUT = singleOf('float_output', float({ description: 'The result.' }));
export const STRING_OUTPUT = singleOf('string_output', string({ description: 'The result.' }));
/** Any durable value. */
export const ANY_OUTPUT = singleOf('any_output', any({ description: 'The value.' }));

export const BOOLEAN_COLLECTION_OUTPUT = collectionOf('boolean_collection_output', boolean({}));
export const INTEGER_COLLECTION_OUTPUT = collectionOf('integer_collection_output', integer({}));
export const FLOAT_COLLECTION_OUTPUT = collectionOf('float_collection_output', float({}));
export const STRING_COLLECTION_OUTPUT = collectionOf('string_collection_output', string({}));
export const IMAGE_COLLECTION_OUTPUT = collectionOf('image_collection_output', image({}));

/** A list of anything durable. */
export const COLLECTION_OUTPUT = collectionOf('collection_output', any({}));

export const CONDITIONING_OUTPUT = {
  output_type: 'conditioning_output',
  outputs: { conditioning: conditioning({ description: 'The encoded prompt.' }) },
};

export const CONDITIONING_COLLECTION_OUTPUT = collectionOf('conditioning_collection_output', conditioning({}));

export const COLOR_OUTPUT = {
  output_type: 'color_output',
  outputs: { color: color({ description: 'The colour.' }) },
};

export const BOUNDING_BOX_OUTPUT = {
  output_type: 'bounding_box_output',
  outputs: { bounding_box: boundingBox({ description: 'The rectangle.' }) },
};

export const IMAGE_OUTPUT = {
  output_type: 'image_output',
  outputs: {
    image: image({ description: 'The image.' }),
    width: integer({ description: 'Its width, in pixels.' }),
    height: integer({ description: 'Its height, in pixels.' }),
  },
};

export const LATENTS_OUTPUT = {
  output_type: 'latents_output',
  outputs: {
    latents: latents({ description: 'The latents.' }),
    width: integer({ description: 'Width of the image that they stand for, in pixels.' }),
    height: integer({ description: 'Height of the image that they stand for, in pixels.' }),
  },
};
