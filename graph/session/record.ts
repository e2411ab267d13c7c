/** From what a node returned to what is recorded of it. */
import type { NodeType } from '../../contract/graph/catalogue.ts';
import type { EphemeralMark, NodeOutput } from '../../contract/graph/graph.ts';
import { outputOf } from '../catalogue.ts';
import { isEphemeral, parseFieldType } from '../field-type/parse.ts';
import { fitsType } from '../field-type/value.ts';
import { own, put } from '../own.ts';

/**
 * The declared output fields of `live`, with the output's type; what stays on the device becomes a mark. Fields that
 * the node did not return, or that its type does not declare, are left out.
 */
export function recordOutput(nodeType: NodeType, live: Readonly<Record<string, unknown>>): NodeOutput {
  const output: NodeOutput = { type: nodeType.output_type };
  for (const field of Object.keys(nodeType.outputs)) {
    const declared = outputOf(nodeType, field);
    const value = own(live, field);
    if (declared === undefined || value === undefined) continue;
    put(output, field, value === null ? null : recorded(declared.field_type, value));
  }
  return output;
}

/** Of "any" value JSON decides what it is, as it will when the session goes on elsewhere: a date is a text then. */
function recorded(declared: string, value: unknown): unknown {
  if (isEphemeral(declared)) return mark(declared, value);
  const isAny = parseFieldType(declared).members.some(({ name }) => name === 'any');
  return isAny ? JSON.parse(JSON.stringify(value) ?? 'null') : value;
}

/** Of a list, one mark for each element: how long it is decides how often what follows it runs. */
function mark(declared: string, value: unknown): EphemeralMark | EphemeralMark[] {
  if (Array.isArray(value)) return value.map((element) => markOf(elementType(declared), element));
  return markOf(declared, value);
}

/** `tensor` of `tensor[]`; of a union, its text as it is. */
const elementType = (declared: string): string => (declared.includes('|') ? declared : declared.replace('[]', ''));

function markOf(ephemeral: string, value: unknown): EphemeralMark {
  const shape = (value as { shape?: unknown } | null)?.shape;
  return Array.isArray(shape) && shape.every(Number.isInteger) ? { ephemeral, shape: [...shape] } : { ephemeral };
}

/** The first field of an output that is absent or not of its declared type, as a sentence; undefined when all fit. */
export function outputComplaint(nodeType: NodeType, live: Readonly<Record<string, unknown>>): string | undefined {
  for (const field of Object.keys(nodeType.outputs)) {
    const declared = outputOf(nodeType, field);
    if (declared === undefined) continue;
    const type = parseFieldType(declared.field_type);
    const value = own(live, field) ?? null;
    const fits = value !== null && isEphemeral(declared.field_type) ? true : fitsType(type, value);
    if (!fits) return `${nodeType.type} returned no ${declared.field_type} in "${field}".`;
  }
  return undefined;
}
