/**
 * Which outputs fit which inputs (InvokeAI's rules, without its class hierarchy). What an edge lets through is still
 * checked by value when the node that receives it is prepared.
 */
import { FIELD_TYPES, type FieldTypeName } from '../../contract/graph/field-type.ts';
import { type ParsedType, parseFieldType, type TypeMember } from './parse.ts';

/** Besides equality. Only a plain type widens to a plain type: an integer does not fit `float|null`. */
const WIDENS: Partial<Record<FieldTypeName, readonly FieldTypeName[]>> = {
  boolean: ['integer'],
  integer: ['float', 'string'],
  float: ['string'],
};

const isSame = (a: TypeMember, b: TypeMember): boolean => a.name === b.name && a.list === b.list;
const isAny = ({ members }: ParsedType): boolean => members.some(({ name, list }) => name === 'any' && !list);
const plain = ({ members, nullable }: ParsedType): TypeMember | undefined =>
  members.length === 1 && !nullable ? members[0] : undefined;

/** Whether an edge may lead from an output of type `source` to an input of type `destination`. */
export function compatible(source: string, destination: string): boolean {
  if (source === destination) return true;
  const from = parseFieldType(source);
  const to = parseFieldType(destination);
  // `any` is any durable value: what stays on the device needs an input that names it.
  if (isAny(to) && from.members.every((member) => isDurable(member) || contains(to, one(member)))) return true;
  if (isAny(from) && to.members.some(isDurable)) return true;
  const a = plain(from);
  const b = plain(to);
  if (contains(to, from) || (b !== undefined && contains(from, to))) return true;
  if (a === undefined || b === undefined || a.list !== b.list) return false;
  if (a.list && (a.name === 'any' || b.name === 'any')) return isDurable(a) && isDurable(b);
  return WIDENS[a.name]?.includes(b.name) ?? false;
}

const isDurable = ({ name }: TypeMember): boolean => !FIELD_TYPES[name].ephemeral;
const one = (member: TypeMember): ParsedType => ({ members: [member], nullable: false });

/** Every member of `part`, null included, is a member of `whole`. */
const contains = (whole: ParsedType, part: ParsedType): boolean =>
  part.members.every((member) => whole.members.some((other) => isSame(member, other))) &&
  (whole.nullable || !part.nullable);
