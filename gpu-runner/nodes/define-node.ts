/**
 * How a node is written: data about its fields, and a function. What the catalogue cannot say, and what the engine
 * could not keep its promises about, is refused here, when the file is loaded, and not when a user's session meets it.
 */

import type { InputField, NodeType, OutputField } from '../../contract/graph/catalogue.ts';
import { FieldType } from '../../contract/graph/field-type.ts';
import { FIELD_NAME, isReservedField, SEMANTIC_VERSION, TYPE_NAME } from '../../graph/catalogue.ts';
import { outsideSubset } from '../../graph/schema/subset.ts';
import { type Field, literalSchema } from './fields.ts';
import type { InvocationContext, Node } from './node.ts';

type Fields = Record<string, Field>;
type ValuesOf<F extends Fields> = { [Name in keyof F]: F[Name] extends Field<infer Value> ? Value : never };

export interface NodeSpec<Inputs extends Fields, Outputs extends Fields> {
  type: string;
  /** Semantic version of the node's meaning: a change of what it returns for the same inputs is a new one. */
  version: string;
  title: string;
  category: string;
  description?: string;
  /** The same inputs give the same outputs. A node that draws its own random numbers is not. */
  deterministic: boolean;
  inputs: Inputs;
  /** e.g. "integer_output". */
  output_type: string;
  outputs: Outputs;
  invoke(inputs: ValuesOf<Inputs>, context: InvocationContext): Promise<ValuesOf<Outputs>> | ValuesOf<Outputs>;
}

/** Thrown when a node's file is loaded; names every fault at once. */
export class NodeDefinitionError extends Error {
  override name = 'NodeDefinitionError';
}

/** Turns a spec into a node, or throws a NodeDefinitionError. */
export function defineNode<const Inputs extends Fields, const Outputs extends Fields>(
  spec: NodeSpec<Inputs, Outputs>,
): Node {
  const faults = faultsOf(spec);
  if (faults.length > 0) throw new NodeDefinitionError(`node '${String(spec.type)}': ${faults.join('; ')}`);
  const definition: NodeType = {
    type: spec.type,
    version: spec.version,
    title: spec.title,
    ...(spec.description !== undefined && { description: spec.description }),
    category: spec.category,
    deterministic: spec.deterministic,
    inputs: mapFields(spec.inputs, inputField),
    output_type: spec.output_type,
    outputs: mapFields(spec.outputs, outputField),
  };
  const nullable = Object.keys(spec.inputs).filter((name) => spec.inputs[name]?.nullable);
  const outputs = Object.keys(spec.outputs);

  const node: Node = {
    definition,
    async invoke(inputs, context) {
      // An optional input may come as undefined, or not at all, where no edge fills it.
      const given = { ...inputs };
      for (const name of nullable) given[name] ??= null;
      const result = (await spec.invoke(given as ValuesOf<Inputs>, context)) as Record<string, unknown>;
      for (const name of outputs) {
        if (result?.[name] === undefined) throw new Error(`node '${spec.type}' returned nothing for output '${name}'`);
      }
      return result;
    },
  };
  return Object.defineProperty(node, MADE_HERE, { value: true });
}

/** Known to every copy of this file in the process. */
const MADE_HERE = Symbol.for('switchyard.node');

/** Whether `value` was made by defineNode. */
export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && MADE_HERE in value;

function faultsOf(spec: NodeSpec<Fields, Fields>): string[] {
  const faults: string[] = [];
  if (!TYPE_NAME.test(spec.type))
    faults.push('type is lower-case letters, digits and "_", with "namespace:" before it at most');
  if (!SEMANTIC_VERSION.test(spec.version)) faults.push(`version '${spec.version}' is not semantic (1.2.3)`);
  if (!spec.title) faults.push('title is missing');
  if (!spec.category) faults.push('category is missing');
  if (typeof spec.deterministic !== 'boolean') faults.push('deterministic is true or false');
  if (typeof spec.invoke !== 'function') faults.push('invoke is missing');
  if (!TYPE_NAME.test(spec.output_type)) faults.push(`output_type '${spec.output_type}' is not a type name`);
  if (Object.keys(spec.outputs ?? {}).length === 0)
    faults.push('outputs is empty: a node that returns nothing does nothing');
  for (const [name, field] of Object.entries(spec.inputs ?? {})) faults.push(...inputFaults(name, field));
  for (const [name, field] of Object.entries(spec.outputs ?? {})) {
    faults.push(...fieldFaults('output', name, field));
    if (field?.ephemeral && !spec.deterministic) {
      faults.push(`output '${name}' is ephemeral: it would be recomputed, so the node has to be deterministic`);
    }
  }
  return faults;
}

function inputFaults(name: string, field: Field): string[] {
  const faults = fieldFaults('input', name, field);
  if (faults.length > 0) return faults;
  if (field.ephemeral && (field.options.input ?? 'connection') !== 'connection') {
    faults.push(`input '${name}' is ephemeral: only a connection can fill it`);
  }
  try {
    for (const fault of outsideSubset(literalSchema(field))) {
      faults.push(`input '${name}': ${fault}`);
    }
  } catch (error) {
    faults.push(`input '${name}' has no JSON Schema: ${(error as Error).message}`);
  }
  return faults;
}

function fieldFaults(kind: 'input' | 'output', name: string, field: Field): string[] {
  if (isReservedField(name)) return [`${kind} '${name}' is a reserved name`];
  if (!FIELD_NAME.test(name)) return [`${kind} '${name}' is not a field name (lower case, digits, "_")`];
  if (!FieldType.safeParse(field?.field_type).success) return [`${kind} '${name}' is not made by a field helper`];
  return [];
}

function inputField(name: string, field: Field): InputField {
  const { title, description, input, ui, required, default: value } = field.options;
  return {
    field_type: field.nullable ? `${field.field_type}|null` : field.field_type,
    input: field.ephemeral ? 'connection' : (input ?? 'any'),
    required: value === undefined && required !== false,
    title: title ?? titleOf(name),
    ...(description !== undefined && { description }),
    schema: literalSchema(field),
    ...(ui && { ui }),
  };
}

function outputField(name: string, field: Field): OutputField {
  const { title, description } = field.options;
  return {
    field_type: field.nullable ? `${field.field_type}|null` : field.field_type,
    title: title ?? titleOf(name),
    ...(description !== undefined && { description }),
  };
}

function mapFields<T>(fields: Fields, make: (name: string, field: Field) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, make(name, field)]));
}

/** `denoising_start` → `Denoising Start`. */
const titleOf = (name: string): string =>
  name.replace(/(^|_)([a-z])/g, (_, gap: string, letter: string) => (gap ? ' ' : '') + letter.toUpperCase());
