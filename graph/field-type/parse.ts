/** Reads the text of a field type: `image[]`, `string|string[]`, `float|null`. */
import { FIELD_TYPES, type FieldTypeName } from '../../contract/graph/field-type.ts';

export interface TypeMember {
  name: FieldTypeName;
  /** A list of it. */
  list: boolean;
}

export interface ParsedType {
  members: TypeMember[];
  nullable: boolean;
}

/** Throws on a text outside the grammar: a catalogue was checked against it, so that is a defect. */
export function parseFieldType(text: string): ParsedType {
  const members: TypeMember[] = [];
  let nullable = false;
  for (const part of text.split('|')) {
    if (part === 'null') {
      nullable = true;
      continue;
    }
    const list = part.endsWith('[]');
    const name = list ? part.slice(0, -2) : part;
    if (!Object.hasOwn(FIELD_TYPES, name)) throw new Error(`"${text}" is not a field type`);
    members.push({ name: name as FieldTypeName, list });
  }
  return { members, nullable };
}

const isEphemeralMember = ({ name }: TypeMember): boolean => FIELD_TYPES[name].ephemeral;

/** Whether a value of this type stays on the device: true for a union as soon as one of its members does. */
export const isEphemeral = (type: string): boolean => parseFieldType(type).members.some(isEphemeralMember);
