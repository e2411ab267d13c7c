/**
 * The catalogue as one JSON Schema 2020-12 document: what a workflow file may hold, for editors and for programs that
 * check graphs before they send them. It says of every node and literal what the service says of it. What takes a look
 * at more than one place is left to the service: where edges lead, circles, and that each required field gets a value.
 *
 * The service takes `null` for a field that is left empty, as InvokeAI's clients send it; the document asks for absence.
 */
import { z } from 'zod';
import type { Catalogue, InputField, JsonSchema, NodeType } from '../../contract/graph/catalogue.ts';
import { EnqueueBatchBody } from '../../contract/queue/batch.ts';
import { typeDefinitions, typeKeywords } from './type-schema.ts';

/** A name, not an address: where the document is served depends on who runs the service. */
export const GRAPH_SCHEMA_ID = 'urn:switchyard:workflow';

/** Keywords of ours, which only tell: a validator that is strict about unknown ones has to be told these. */
export const ANNOTATIONS = [
  'x-category',
  'x-version',
  'x-deterministic',
  'x-output',
  'x-field-type',
  'x-input',
  'x-ui',
] as const;

interface ObjectSchema extends JsonSchema {
  properties: Record<string, JsonSchema>;
}

/** Of a graph {nodes, edges}, a batch {graph, data, …} or a body of enqueue_batch {batch, …}; `$schema` may stand first. */
export function graphSchema(catalogue: Catalogue): JsonSchema {
  const { $defs } = z.toJSONSchema(EnqueueBatchBody, { io: 'input' });
  const { EnqueueBatchBody: body, SourceNode, ...shared } = $defs as unknown as Record<string, ObjectSchema>;
  const nodeTypes = Object.values(catalogue.node_types);
  const file = (schema: ObjectSchema | undefined): JsonSchema => ({
    ...schema,
    properties: { $schema: { type: 'string' }, ...schema?.properties },
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: GRAPH_SCHEMA_ID,
    title: 'A Switchyard workflow',
    type: 'object',
    if: has('batch'),
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so
    then: file(body),
    else: {
      if: has('graph'),
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so
      then: file(shared.Batch),
      else: file(shared.Graph),
    },
    $defs: {
      ...shared,
      CommonFields: { ...SourceNode, description: 'What every node may say beside the inputs of its type.' },
      SourceNode: {
        type: 'object',
        properties: { type: { type: 'string' } },
        required: ['type'],
        discriminator: { propertyName: 'type' },
        oneOf: nodeTypes.map(({ type }) => ({ $ref: `#/$defs/node.${type}` })),
      },
      ...Object.fromEntries(nodeTypes.map((nodeType) => [`node.${nodeType.type}`, nodeSchema(nodeType)])),
      ...typeDefinitions(),
    },
  };
}

const has = (property: string): JsonSchema => ({ properties: { [property]: {} }, required: [property] });

const common = (field: string): JsonSchema => ({ $ref: `#/$defs/CommonFields/properties/${field}` });

function nodeSchema(nodeType: NodeType): JsonSchema {
  const inputs = Object.entries(nodeType.inputs);
  return {
    title: nodeType.title,
    ...(nodeType.description !== undefined && { description: nodeType.description }),
    type: 'object',
    properties: {
      type: { const: nodeType.type },
      id: common('id'),
      version: { ...common('version'), default: nodeType.version },
      is_intermediate: common('is_intermediate'),
      use_cache: common('use_cache'),
      ...Object.fromEntries(inputs.map(([name, input]) => [name, inputSchema(input)])),
    },
    // An edge may bring what else is required.
    required: ['type', ...inputs.flatMap(([name, input]) => (isNeeded(input) ? [name] : []))],
    additionalProperties: false,
    'x-category': nodeType.category,
    'x-version': nodeType.version,
    'x-deterministic': nodeType.deterministic,
    'x-output': {
      type: nodeType.output_type,
      fields: Object.fromEntries(Object.entries(nodeType.outputs).map(([name, output]) => [name, output.field_type])),
    },
  };
}

const isNeeded = ({ input, required }: InputField): boolean => required && input === 'direct';

function inputSchema({ field_type, input, title, description, schema, ui }: InputField): JsonSchema {
  return {
    ...(input === 'connection' ? { not: {} } : { ...schema, ...typeKeywords(field_type) }),
    title,
    ...(description !== undefined && { description }),
    'x-field-type': field_type,
    'x-input': input,
    ...(ui !== undefined && { 'x-ui': ui }),
  };
}
