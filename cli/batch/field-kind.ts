/** How a value is read for a field: by its type in the catalogue, else by what stands there now. @pure */
import type { InputField } from '../../contract/graph/catalogue.ts';
import { parseFieldType } from '../../graph/field-type/parse.ts';

export interface FieldKind {
  /** `other`: whatever the value looks like. */
  holds: 'text' | 'number' | 'image' | 'model' | 'other';
  /** A list is one value of it. */
  list: boolean;
}

export function fieldKind(input: InputField | undefined, present: unknown): FieldKind {
  const { members = [] } = input === undefined ? {} : parseFieldType(input.field_type);
  const list = Array.isArray(present) || (members.length > 0 && members.every((member) => member.list));
  const names = new Set(members.map(({ name }) => name));
  const only = (...wanted: string[]) => names.size > 0 && [...names].every((name) => wanted.includes(name));
  if (only('string')) return { holds: 'text', list };
  if (only('integer', 'float', 'boolean')) return { holds: 'number', list };
  if (only('image')) return { holds: 'image', list };
  if (only('model')) return { holds: 'model', list };
  return { holds: typeof present === 'string' ? 'text' : 'other', list };
}
