/**
 * What is wrong with the definition of a node that a runner announced: the rules of `defineNode`, asked once more by the
 * service, which takes nobody's word for them.
 */
import type { Fault } from '../contract/error/problem.ts';
import type { InputField, NodeType } from '../contract/graph/catalogue.ts';
import { CUSTOM_NODE_BYTES_MAX, NAME_LENGTH_MAX } from '../contract/limits.ts';
import { CUSTOM_TYPE, FIELD_NAME, isReservedField, SEMANTIC_VERSION, TYPE_NAME } from './catalogue.ts';
import { FaultList, type Path } from './faults.ts';
import { isEphemeral } from './field-type/parse.ts';
import { complaintsAbout } from './schema/subset.ts';

/** `text` is the definition as JSON; `path` its place in the request. */
export function customNodeFaults(definition: NodeType, text: string, path: Path): Fault[] {
  const faults = new FaultList();
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > CUSTOM_NODE_BYTES_MAX) {
    // To look into it takes more than its length.
    faults.add(path, 'too_large', `A definition has at most ${CUSTOM_NODE_BYTES_MAX} bytes, this one ${bytes}.`);
    return faults.faults;
  }
  const { type, version, control, title, category, output_type, inputs, outputs, deterministic } = definition;
  const invalid = (field: string, detail: string) => faults.add([...path, field], 'invalid_value', detail);
  if (!CUSTOM_TYPE.test(type) || type.length > NAME_LENGTH_MAX)
    invalid(
      'type',
      `A runner's own type is "namespace:type", each of small letters, digits and "_", and not "${type.slice(0, NAME_LENGTH_MAX)}".`,
    );
  if (!SEMANTIC_VERSION.test(version)) invalid('version', 'A version is three numbers without leading zeros: 1.2.3.');
  if (control !== undefined) invalid('control', 'Control nodes are part of the engine; leave it out.');
  if (title === '') invalid('title', 'A title is needed.');
  if (category === '') invalid('category', 'A category is needed.');
  if (!TYPE_NAME.test(output_type)) invalid('output_type', 'It is small letters, digits and "_".');
  if (Object.keys(outputs).length === 0) invalid('outputs', 'A node that returns nothing does nothing: add an output.');
  for (const [name, input] of Object.entries(inputs)) {
    const at = [...path, 'inputs', name];
    checkName(name, at, faults);
    checkInput(input, at, faults);
  }
  for (const [name, { field_type }] of Object.entries(outputs)) {
    const at = [...path, 'outputs', name];
    checkName(name, at, faults);
    if (isEphemeral(field_type) && !deterministic)
      faults.add(
        at,
        'invalid_value',
        'It stays on the device and may be made again: the node has to be deterministic.',
      );
  }
  return faults.faults;
}

function checkName(name: string, at: Path, faults: FaultList): void {
  if (isReservedField(name)) faults.add(at, 'invalid_value', `"${name}" is a reserved name; choose another.`);
  else if (!FIELD_NAME.test(name))
    faults.add(at, 'invalid_value', 'A field name is small letters, digits and "_", and begins with a letter.');
}

function checkInput({ field_type, input, schema }: InputField, at: Path, faults: FaultList): void {
  if (isEphemeral(field_type) && input !== 'connection')
    faults.add([...at, 'input'], 'invalid_value', `Only an edge brings ${field_type}: it must be "connection".`);
  for (const { path, what } of complaintsAbout(schema))
    faults.add([...at, 'schema', ...path], 'invalid_value', `${what[0]?.toUpperCase()}${what.slice(1)}.`);
}
