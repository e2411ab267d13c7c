/**
 * The control nodes: what they take and give, for the catalogue. The engine evaluates them by itself; their results
 * follow from recorded ones, so they are never sent or stored (D1). Names and fields as in InvokeAI.
 */
import type { InputField, NodeType } from '../contract/graph/catalogue.ts';

export type ControlKind = NonNullable<NodeType['control']>;

const edge = (field_type: string, title: string, description: string, required = false): InputField => ({
  field_type,
  input: 'connection',
  required,
  title,
  description,
  schema: {},
});

const branch = (title: string, description: string): InputField => ({
  field_type: 'any',
  input: 'any',
  required: false,
  title,
  description,
  schema: { default: null },
});

const ITERATE: NodeType = {
  type: 'iterate',
  version: '1.0.0',
  title: 'Iterate',
  description: 'Runs what follows it once for each element of a list.',
  category: 'control',
  control: 'iterate',
  deterministic: true,
  inputs: { collection: edge('any[]', 'Collection', 'The list to go through.', true) },
  output_type: 'iterate_output',
  outputs: {
    item: { field_type: 'any', title: 'Item', description: 'The element.' },
    index: { field_type: 'integer', title: 'Index', description: 'Its place in the list, from 0.' },
    total: { field_type: 'integer', title: 'Total', description: 'How many elements the list has.' },
  },
};

const COLLECT: NodeType = {
  type: 'collect',
  version: '1.0.0',
  title: 'Collect',
  description: 'Gathers values into a list, and ends the innermost iteration that they come from.',
  category: 'control',
  control: 'collect',
  deterministic: true,
  inputs: {
    item: edge('any', 'Item', 'What to gather; takes any number of edges.'),
    collection: edge('any[]', 'Collection', 'A list that goes before the items.'),
  },
  output_type: 'collect_output',
  outputs: {
    collection: {
      field_type: 'any[]',
      title: 'Collection',
      description: 'The collection, then the items by iteration, then by the order of their edges.',
    },
  },
};

const IF: NodeType = {
  type: 'if',
  version: '1.0.0',
  title: 'If',
  description: 'Passes on one of two inputs. What only the other one needs does not run.',
  category: 'control',
  control: 'if',
  deterministic: true,
  inputs: {
    condition: {
      field_type: 'boolean',
      input: 'any',
      required: false,
      title: 'Condition',
      description: 'Which input to pass on.',
      schema: { type: 'boolean', default: false },
    },
    true_input: branch('True Input', 'Passed on when the condition is true; null when nothing is given.'),
    false_input: branch('False Input', 'Passed on when the condition is false; null when nothing is given.'),
  },
  output_type: 'if_output',
  outputs: { value: { field_type: 'any', title: 'Value', description: 'The input that was chosen.' } },
};

export const CONTROL_NODE_TYPES: readonly NodeType[] = [COLLECT, IF, ITERATE];
