/**
 * Names of work: equal names mean equal inputs into the same node, whatever session they are of. Assets are named by
 * their bytes and models by hash already, so a durable input stands for itself; a live one is named by the work that made
 * it.
 */
import { hash } from 'node:crypto';
import type { NodeType } from '../../contract/graph/catalogue.ts';
import { canonicalJson, namesLooseModel } from '../../graph/cache/canonical.ts';
import { isEphemeral } from '../../graph/field-type/parse.ts';
import { own } from '../../graph/own.ts';

/** Characters of inputs that are worth naming: a longer list costs more to go through than most nodes take. */
const INPUTS_LENGTH_MAX = 1_000_000;

/** Which fields of a node's inputs and outputs stay on the device. */
export interface Fields {
  liveInputs: ReadonlySet<string>;
  liveOutputs: readonly string[];
  durableOutputs: readonly string[];
}

const FIELDS = new WeakMap<NodeType, Fields>();

export function fieldsOf(definition: NodeType): Fields {
  const known = FIELDS.get(definition);
  if (known) return known;
  const live = (fields: Record<string, { field_type: string }>) =>
    Object.keys(fields).filter((field) => isEphemeral(own(fields, field)?.field_type ?? 'any'));
  const liveOutputs = live(definition.outputs);
  const fields = {
    liveInputs: new Set(live(definition.inputs)),
    liveOutputs,
    durableOutputs: Object.keys(definition.outputs).filter((field) => !liveOutputs.includes(field)),
  };
  FIELDS.set(definition, fields);
  return fields;
}

export class InvocationNames {
  /** Live value → the work and the output that it is of. */
  readonly #values = new WeakMap<object, string>();

  /** Undefined where something in the inputs has no name that means the same tomorrow. */
  of(scope: string, definition: NodeType, inputs: Readonly<Record<string, unknown>>): string | undefined {
    const { liveInputs } = fieldsOf(definition);
    const parts: string[] = [];
    let length = 0;
    for (const field of Object.keys(inputs).sort()) {
      const value = own(inputs, field);
      if (value === undefined) continue;
      const text = liveInputs.has(field) ? this.#nameOf(value) : textOf(value);
      if (text === undefined) return undefined;
      length += text.length;
      if (length > INPUTS_LENGTH_MAX) return undefined;
      parts.push(`${JSON.stringify(field)}:${text}`);
    }
    const { type, version } = definition;
    return hash('sha256', `${JSON.stringify([scope, type, version])}{${parts.join(',')}}`);
  }

  /** The live outputs of the work of this name, however it came to them. */
  remember(name: string, definition: NodeType, output: Readonly<Record<string, unknown>>): void {
    for (const field of fieldsOf(definition).liveOutputs)
      this.#remember(`${name}.${JSON.stringify(field)}`, own(output, field));
  }

  #remember(name: string, value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) for (const [index, each] of value.entries()) this.#remember(`${name}[${index}]`, each);
    // One that a node passes on keeps the name of who made it.
    else if (!this.#values.has(value)) this.#values.set(value, name);
  }

  #nameOf(value: unknown): string | undefined {
    if (typeof value !== 'object' || value === null) return textOf(value);
    if (!Array.isArray(value)) return this.#values.get(value);
    const names = value.map((element) => this.#nameOf(element));
    return names.includes(undefined) ? undefined : `[${names.join(',')}]`;
  }
}

const textOf = (value: unknown): string | undefined => (namesLooseModel(value) ? undefined : canonicalJson(value));
