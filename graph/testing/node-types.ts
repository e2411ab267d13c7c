/** Small node types for the tests of graph/, most of them those of InvokeAI's own tests. */
import type { Catalogue, InputField, JsonSchema, NodeType } from '../../contract/graph/catalogue.ts';
import { CONTROL_NODE_TYPES } from '../control.ts';
import { isEphemeral, parseFieldType } from '../field-type/parse.ts';

interface InputSpec extends Partial<InputField> {
  type: string;
}

const SCHEMAS: Partial<Record<string, JsonSchema>> = {
  boolean: { type: 'boolean' },
  integer: { type: 'integer' },
  float: { type: 'number' },
  string: { type: 'string' },
  image: { type: 'object', properties: { image_name: { type: 'string' } }, required: ['image_name'] },
  model: { type: 'object', properties: { key: { type: 'string' } }, required: ['key'] },
};

function schemaOf(type: string): JsonSchema {
  const { members, nullable } = parseFieldType(type);
  const schemas: JsonSchema[] = members.map(({ name, list }) => {
    const element = SCHEMAS[name] ?? {};
    return list ? { type: 'array', items: element } : element;
  });
  if (nullable) schemas.push({ type: 'null' });
  return schemas.length === 1 ? (schemas[0] ?? {}) : { anyOf: schemas };
}

function input({ type, schema, ...rest }: InputSpec): InputField {
  const ephemeral = isEphemeral(type);
  return {
    field_type: type,
    input: ephemeral ? 'connection' : 'any',
    required: !Object.hasOwn(schema ?? {}, 'default'),
    title: type,
    schema: ephemeral ? {} : { ...schemaOf(type), ...schema },
    ...rest,
  };
}

/** `outputs`: field → field type. Inputs are required unless they have a default or say otherwise. */
export function nodeType(
  type: string,
  inputs: Record<string, InputSpec>,
  outputs: Record<string, string>,
  extra: Partial<NodeType> = {},
): NodeType {
  return {
    type,
    version: '1.0.0',
    title: type,
    category: 'test',
    deterministic: true,
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, spec]) => [name, input(spec)])),
    output_type: `${type}_output`,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, field_type]) => [name, { field_type, title: name }]),
    ),
    ...extra,
  };
}

export const catalogueOf = (...types: NodeType[]): Catalogue => ({
  node_types: Object.fromEntries(types.map((each) => [each.type, each])),
});

export const TEST_CATALOGUE: Catalogue = catalogueOf(
  ...CONTROL_NODE_TYPES,
  nodeType('prompt', { prompt: { type: 'string' } }, { prompt: 'string' }),
  nodeType(
    'text_to_image',
    { prompt: { type: 'string', schema: { default: '' } }, prompt2: { type: 'string', schema: { default: '' } } },
    { image: 'image' },
  ),
  nodeType(
    'image_to_image',
    { image: { type: 'image' }, prompt: { type: 'string|null', required: false } },
    { image: 'image' },
  ),
  nodeType('list', { images: { type: 'image[]', schema: { default: [] } } }, { collection: 'image[]' }),
  nodeType('prompt_collection', { collection: { type: 'string[]' } }, { collection: 'string[]' }),
  nodeType('any', { value: { type: 'any' } }, { value: 'any' }),
  nodeType('polymorphic', { value: { type: 'string|string[]' } }, { value: 'string|string[]' }),
  nodeType(
    'union_collection',
    { value: { type: 'string|string[]|null', required: false } },
    { value: 'string|string[]|null' },
  ),
  nodeType(
    'range',
    {
      start: { type: 'integer', schema: { default: 0 } },
      stop: { type: 'integer' },
      step: { type: 'integer', schema: { default: 1 } },
    },
    { collection: 'integer[]' },
  ),
  nodeType(
    'add',
    { a: { type: 'integer', schema: { default: 0 } }, b: { type: 'integer', schema: { default: 0 } } },
    { value: 'integer' },
  ),
  nodeType(
    'multiply',
    { a: { type: 'integer', schema: { default: 1 } }, b: { type: 'integer', schema: { default: 1 } } },
    { value: 'integer' },
  ),
  nodeType('integer', { value: { type: 'integer', schema: { default: 0 } } }, { value: 'integer' }),
  nodeType('float', { value: { type: 'float', schema: { default: 0 } } }, { value: 'float' }),
  nodeType('string', { value: { type: 'string', schema: { default: '' } } }, { value: 'string' }),
  nodeType('boolean', { value: { type: 'boolean', schema: { default: false } } }, { value: 'boolean' }),
  nodeType('integers', { collection: { type: 'integer[]', schema: { default: [] } } }, { collection: 'integer[]' }),
  nodeType('floats', { collection: { type: 'float[]', schema: { default: [] } } }, { collection: 'float[]' }),
  nodeType('strings', { collection: { type: 'string[]', schema: { default: [] } } }, { collection: 'string[]' }),
  nodeType('booleans', { collection: { type: 'boolean[]', schema: { default: [] } } }, { collection: 'boolean[]' }),
  nodeType('colors', { collection: { type: 'color[]', schema: { default: [] } } }, { collection: 'color[]' }),
  nodeType('anys', { collection: { type: 'any[]', schema: { default: [] } } }, { collection: 'any[]' }),
  nodeType('error', { value: { type: 'any', required: false } }, { value: 'any' }),
  // Lists that follow from one value, for iterations inside iterations.
  nodeType('tens', { value: { type: 'integer' } }, { collection: 'integer[]' }),
  nodeType(
    'list_unless',
    { value: { type: 'integer' }, empty: { type: 'boolean', schema: { default: false } } },
    { collection: 'integer[]' },
  ),
  nodeType('pair_unless_zero', { value: { type: 'integer' } }, { collection: 'integer[]' }),
  nodeType('concat', { a: { type: 'any[]' }, b: { type: 'any[]' } }, { collection: 'any[]' }),
  nodeType('prepend', { value: { type: 'any' }, collection: { type: 'any[]' } }, { collection: 'any[]' }),
  nodeType('split_latents', { latents: { type: 'latents' } }, { collection: 'latents[]' }),
  nodeType('join_latents', { collection: { type: 'latents[]' } }, { latents: 'latents' }),
  nodeType('color', { color: { type: 'color' } }, { color: 'color' }),
  nodeType(
    'noise',
    {
      seed: { type: 'integer', schema: { minimum: 0, maximum: 4294967295, default: 0 } },
      width: { type: 'integer', schema: { exclusiveMinimum: 0, multipleOf: 8, default: 512 } },
      model: { type: 'model', input: 'direct', required: false },
    },
    { noise: 'latents', width: 'integer' },
  ),
  nodeType(
    'denoise',
    {
      noise: { type: 'latents' },
      latents: { type: 'latents|null', required: false },
      steps: { type: 'integer', schema: { minimum: 1, maximum: 100, default: 10 } },
    },
    { latents: 'latents' },
  ),
  nodeType('latents_to_image', { latents: { type: 'latents' } }, { image: 'image' }),
);
