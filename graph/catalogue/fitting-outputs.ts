/**
 * Which outputs fit an input, as a TypeScript type that asks it of them (client/graph/output.ts): the field types that
 * an output may give are a union there, and `compatible` a question of which members that union has.
 */
import { FIELD_TYPE_NAMES, FIELD_TYPES } from '../../contract/graph/field-type.ts';
import { compatible } from '../field-type/compatible.ts';
import { type ParsedType, parseFieldType, type TypeMember } from '../field-type/parse.ts';

const PLAIN: readonly string[] = FIELD_TYPE_NAMES.flatMap((name) => [name, `${name}[]`]);

const textOf = ({ name, list }: TypeMember): string => (list ? `${name}[]` : name);
const pascal = (name: string): string =>
  name.replaceAll(/(?:^|_)([a-z0-9])/g, (_, first: string) => first.toUpperCase());
const isLive = (member: TypeMember): boolean => FIELD_TYPES[member.name].ephemeral;
const takesAny = ({ members }: ParsedType): boolean => members.some(({ name, list }) => name === 'any' && !list);

/** `IntoImageList`, `IntoFloatOrNull`. */
export function fittingName(fieldType: string): string {
  const { members, nullable } = parseFieldType(fieldType);
  const names = members.map(({ name, list }) => `${pascal(name)}${list ? 'List' : ''}`);
  return `Into${[...names, ...(nullable ? ['Null'] : [])].join('Or')}`;
}

/** Field types as a union of string literals. */
export const unionOf = (types: readonly string[]): string => types.map((type) => `'${type}'`).join(' | ');

/** The members of a field type, null included. */
export function membersOf(fieldType: string): string[] {
  const { members, nullable } = parseFieldType(fieldType);
  return [...members.map(textOf), ...(nullable ? ['null'] : [])];
}

/** What is asked of an output, one of these at least; the names of the types it uses go into `used`. */
export function fittingOutputs(fieldType: string, used: Set<string>): string[] {
  const ask = (type: string, ...args: string[]): string => {
    used.add(type);
    const given = args.filter(Boolean);
    return given.length === 0 ? type : `${type}<${given.join(', ')}>`;
  };
  const to = parseFieldType(fieldType);
  const named = membersOf(fieldType);
  const fitting = PLAIN.filter((type) => compatible(type, fieldType));
  return [...declared(), ...flowing()];

  function declared(): string[] {
    // What an output only may give is judged by value when it comes.
    const parts = [
      ...(to.members.every(isLive) ? [] : ['any']),
      ...(to.members.length === 1 && !to.nullable ? [fieldType] : []),
    ];
    // What widens does so alone: an output of integer|image fits no float.
    const wholes = takesAny(to)
      ? [['Durable', unionOf(to.members.filter(isLive).map(textOf))].filter(Boolean).join(' | ')]
      : [...new Set([unionOf(named), ...fitting.map((type) => `'${type}'`)])];
    if (takesAny(to)) used.add('Durable');
    return [
      ...wholes.filter((types) => !parts.some((part) => types === `'${part}'`)).map((types) => ask('Whole', types)),
      ...[...new Set(parts)].map((part) => ask('Part', `'${part}'`)),
    ];
  }

  /** Of control nodes, as `FlowFit` has it. */
  function flowing(): string[] {
    const live = unionOf(to.members.filter(isLive).map(textOf));
    if (takesAny(to)) return [ask('NoLiveBut', live)];
    const deep = to.members.some(({ name }) => name === 'any') ? ['any[][]'] : [];
    return [...fitting, ...deep].map((type) => ask('One', `'${type}'`, live));
  }
}
