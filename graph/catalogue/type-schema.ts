/** Field types as JSON Schema: the form that `graph/field-type/value.ts` asks of a value, said once for each type. */
import type { JsonSchema } from '../../contract/graph/catalogue.ts';
import { FIELD_TYPE_NAMES, FIELD_TYPES, type FieldTypeName } from '../../contract/graph/field-type.ts';
import { parseFieldType, type TypeMember } from '../field-type/parse.ts';

const object = (property: JsonSchema, ...names: string[]): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, property])),
  required: names,
});

const WHOLE_NUMBER = { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };

type DurableName = {
  [Name in FieldTypeName]: (typeof FIELD_TYPES)[Name]['ephemeral'] extends true ? never : Name;
}[FieldTypeName];

const FORMS: Record<DurableName, JsonSchema> = {
  any: {},
  boolean: { type: 'boolean' },
  integer: WHOLE_NUMBER,
  float: { type: 'number' },
  string: { type: 'string' },
  color: object({ type: 'integer', minimum: 0, maximum: 255 }, 'r', 'g', 'b', 'a'),
  bounding_box: object(WHOLE_NUMBER, 'x_min', 'x_max', 'y_min', 'y_max'),
  image: object({ type: 'string' }, 'image_name'),
  file: object({ type: 'string' }, 'asset_name'),
  model: object({ type: 'string' }, 'key'),
  unet: { type: 'object' },
  clip: { type: 'object' },
  vae: { type: 'object' },
};

/** What stays on the device has no literal: no value fits. */
const formOf = (name: FieldTypeName): JsonSchema =>
  FIELD_TYPES[name].ephemeral ? { not: {} } : FORMS[name as DurableName];

/** One definition for each field type: `type.image`. */
export const typeDefinitions = (): Record<string, JsonSchema> =>
  Object.fromEntries(
    FIELD_TYPE_NAMES.map((name) => [`type.${name}`, { description: FIELD_TYPES[name].meaning, ...formOf(name) }]),
  );

/**
 * What a literal of this type has to be, in keywords that stand beside those of the field's own schema. Nothing for
 * `any`, which every value fits.
 */
export function typeKeywords(fieldType: string): JsonSchema {
  const { members, nullable } = parseFieldType(fieldType);
  if (members.some(({ name, list }) => name === 'any' && !list)) return {};
  const [only] = members;
  if (only !== undefined && members.length === 1 && !nullable) return only.list ? listOf(only) : reference(only);
  const alternatives = members.map((member) => (member.list ? listOf(member) : formOf(member.name)));
  // The field's schema may have an `anyOf` of its own.
  return { allOf: [{ anyOf: nullable ? [...alternatives, { type: 'null' }] : alternatives }] };
}

const reference = ({ name }: TypeMember): JsonSchema => ({ $ref: `#/$defs/type.${name}` });
const listOf = (member: TypeMember): JsonSchema => ({ allOf: [{ type: 'array', items: reference(member) }] });
