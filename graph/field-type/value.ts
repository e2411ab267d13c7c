/** Whether a durable value has the form that its field type promises, and how numbers become what an input takes. */
import type { FieldTypeName } from '../../contract/graph/field-type.ts';
import { own } from '../own.ts';
import type { ParsedType, TypeMember } from './parse.ts';

/**
 * The form only; the field's schema says the rest. It holds whatever the schema says, because references to assets
 * and models are read by field type. An ephemeral type has no durable form.
 */
export function fitsType(type: ParsedType, value: unknown): boolean {
  if (value === null) return type.nullable || type.members.some(({ name, list }) => name === 'any' && !list);
  return type.members.some((member) => fitsMember(member, value));
}

function fitsMember({ name, list }: TypeMember, value: unknown): boolean {
  if (!list) return FORMS[name](value);
  return Array.isArray(value) && value.every(FORMS[name]);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const hasText = (key: string) => (value: unknown) => isObject(value) && typeof own(value, key) === 'string';
const isByte = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255;
const never = () => false;

const FORMS: Record<FieldTypeName, (value: unknown) => boolean> = {
  any: (value) => value !== undefined,
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isSafeInteger(value),
  float: (value) => Number.isFinite(value),
  string: (value) => typeof value === 'string',
  color: (value) => isObject(value) && ['r', 'g', 'b', 'a'].every((channel) => isByte(own(value, channel))),
  bounding_box: (value) =>
    isObject(value) && ['x_min', 'x_max', 'y_min', 'y_max'].every((side) => Number.isSafeInteger(own(value, side))),
  image: hasText('image_name'),
  file: hasText('asset_name'),
  model: hasText('key'),
  unet: isObject,
  clip: isObject,
  vae: isObject,
  conditioning: never,
  latents: never,
  denoise_mask: never,
  tensor: never,
};

/**
 * What came along an edge, as the input takes it: a number becomes text where only text fits, a boolean becomes 0
 * or 1 where only a number fits; in lists, each element. Anything else is returned as it is.
 */
export function coerce(type: ParsedType, value: unknown): unknown {
  const kind = typeof value;
  if (kind === 'number') return takes(type, 'string', false) && !takesNumber(type, false) ? String(value) : value;
  if (kind === 'boolean') return takesNumber(type, false) && !takes(type, 'boolean', false) ? Number(value) : value;
  if (!Array.isArray(value)) return value;
  if (takes(type, 'string', true) && !takesNumber(type, true))
    return value.map((element) => (typeof element === 'number' ? String(element) : element));
  if (takesNumber(type, true) && !takes(type, 'boolean', true))
    return value.map((element) => (typeof element === 'boolean' ? Number(element) : element));
  return value;
}

const takes = ({ members }: ParsedType, wanted: FieldTypeName, ofList: boolean): boolean =>
  members.some(({ name, list }) => list === ofList && (name === wanted || name === 'any'));

const takesNumber = (type: ParsedType, ofList: boolean): boolean =>
  takes(type, 'integer', ofList) || takes(type, 'float', ofList);
