/** The inputs of a node as the graph engine would hand them over, for tests that name only what they are about. */
import { own } from '../../../graph/own.ts';
import type { Node } from '../node.ts';

/**
 * `inputs`, and for each other input its default, or null where it is optional. Throws on a name that the node does
 * not have and on a required input that is missing: either would be a test of something that cannot happen.
 */
export function withDefaults(node: Node, inputs: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const { type, inputs: fields } = node.definition;
  for (const name of Object.keys(inputs)) {
    if (own(fields, name) === undefined) throw new Error(`node '${type}' has no input '${name}'`);
  }
  const filled: Record<string, unknown> = {};
  for (const [name, { schema, required }] of Object.entries(fields)) {
    const given = own(inputs, name);
    if (given === undefined && required) throw new Error(`node '${type}' needs input '${name}'`);
    // A copy: what a node does to its inputs must not reach the definition.
    filled[name] = given !== undefined ? given : structuredClone(schema.default ?? null);
  }
  return filled;
}
