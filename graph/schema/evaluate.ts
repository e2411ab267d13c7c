/**
 * The one JSON Schema evaluator (D10): the edge and the runner read the catalogue with it. It covers the subset that
 * `contract/graph/catalogue.ts` lists, never compiles text, and copies a value only to fill in a default.
 *
 * A schema is read once into a chain of functions, kept as long as the schema object itself lives; it must not change
 * afterwards. The work is bounded by the size of schema × value: there are no references, so no recursion without end.
 */
import type { FaultCode } from '../../contract/error/codes.ts';
import type { JsonSchema } from '../../contract/graph/catalogue.ts';
import { JSON_DEPTH_MAX } from '../../contract/limits.ts';
import { own } from '../own.ts';
import { constraintsOf } from './constraint.ts';
import { kindOf, TYPE_MEANINGS, type TypeName, typeTest } from './type-name.ts';

export interface SchemaFault {
  path: (string | number)[];
  code: FaultCode;
  /** A sentence that says what to do. */
  detail: string;
}

export interface Evaluation {
  /** With defaults filled in; the very value that was given when nothing was to fill in. */
  value: unknown;
  faults: SchemaFault[];
}

/** More faults than this in one value tell nobody anything new. */
const FAULTS_MAX = 100;

/** Where a value stands, innermost first: a path is only spelled out for a fault. */
export type Place = { parent: Place; token: string | number } | null;

export class Findings {
  readonly faults: SchemaFault[] = [];

  add(place: Place, code: FaultCode, detail: string): void {
    if (this.faults.length >= FAULTS_MAX) return;
    const path: (string | number)[] = [];
    for (let at = place; at; at = at.parent) path.unshift(at.token);
    this.faults.push({ path, code, detail });
  }
}

/** Judges a value, and returns it with its defaults. */
type Check = (value: unknown, place: Place, findings: Findings) => unknown;

/** Throws RangeError for a schema deeper than a JSON body may be; `outsideSubset` names that beforehand. */
export function evaluate(schema: JsonSchema, value: unknown): Evaluation {
  const findings = new Findings();
  const result = compiled(schema)(value, null, findings);
  return { value: result, faults: findings.faults };
}

const CHECKS = new WeakMap<JsonSchema, Check>();

function compiled(schema: JsonSchema): Check {
  const known = CHECKS.get(schema);
  if (known !== undefined) return known;
  const check = compile(schema, 1);
  CHECKS.set(schema, check);
  return check;
}

function compile(schema: JsonSchema, depth: number): Check {
  if (depth > JSON_DEPTH_MAX) throw new RangeError(`a schema is nested deeper than ${JSON_DEPTH_MAX} levels`);
  const types = typesOf(schema);
  const tests = types.map(typeTest);
  const needed = types.map((type) => TYPE_MEANINGS[type]).join(' or ');
  const constraints = constraintsOf(schema);
  const inner = [itemsCheck(schema, depth), propertiesCheck(schema, depth), anyOfCheck(schema, depth)].filter(
    (check) => check !== undefined,
  );
  return (given, place, findings) => {
    let value = given;
    if (value === undefined) {
      if (!Object.hasOwn(schema, 'default')) {
        findings.add(place, 'missing', `Give ${needed || 'a value'} here.`);
        return value;
      }
      value = schema.default;
    }
    if (tests.length > 0 && !tests.some((test) => test(value))) {
      findings.add(place, 'invalid_type', `Give ${needed} here instead of ${kindOf(value)}.`);
      return value;
    }
    for (const constraint of constraints) {
      const complaint = constraint(value);
      if (complaint !== undefined) findings.add(place, complaint.code, complaint.detail);
    }
    for (const check of inner) value = check(value, place, findings);
    return value;
  };
}

const typesOf = ({ type }: JsonSchema): TypeName[] =>
  (type === undefined ? [] : Array.isArray(type) ? type : [type]).filter((name) => Object.hasOwn(TYPE_MEANINGS, name));

function itemsCheck(schema: JsonSchema, depth: number): Check | undefined {
  if (typeof schema.items !== 'object' || schema.items === null) return undefined;
  const check = compile(schema.items as JsonSchema, depth + 1);
  return (value, place, findings) => {
    if (!Array.isArray(value)) return value;
    let copy: unknown[] | undefined;
    for (let index = 0; index < value.length; index++) {
      const element = check(value[index], { parent: place, token: index }, findings);
      if (element === value[index]) continue;
      copy ??= [...value];
      copy[index] = element;
    }
    return copy ?? value;
  };
}

function propertiesCheck(schema: JsonSchema, depth: number): Check | undefined {
  const { additionalProperties: others } = schema;
  const names = (schema.properties ?? {}) as Record<string, JsonSchema>;
  const required = new Set((schema.required ?? []) as string[]);
  if (Object.keys(names).length === 0 && required.size === 0 && (others === undefined || others === true))
    return forbiddenKeyCheck;
  const checks = new Map(Object.entries(names).map(([name, inner]) => [name, compile(inner, depth + 1)]));
  const fillable = Object.keys(names).filter(
    (name) => name !== '__proto__' && Object.hasOwn(names[name] ?? {}, 'default'),
  );
  const otherCheck =
    typeof others === 'object' && others !== null ? compile(others as JsonSchema, depth + 1) : undefined;
  return (value, place, findings) => {
    if (!isObject(value)) return value;
    forbiddenKeyCheck(value, place, findings);
    let copy: Record<string, unknown> | undefined;
    for (const key of Object.keys(value)) {
      if (key === '__proto__' || value[key] === undefined) continue;
      const check = checks.get(key) ?? otherCheck;
      const at = { parent: place, token: key };
      if (check !== undefined) {
        const judged = check(value[key], at, findings);
        if (judged === value[key]) continue;
        copy ??= { ...value };
        copy[key] = judged;
      } else if (others === false) findings.add(at, 'unknown_field', `Remove "${key}": there is no such field here.`);
    }
    for (const key of fillable) {
      if (own(value, key) !== undefined) continue;
      copy ??= { ...value };
      copy[key] = names[key]?.default;
    }
    for (const key of required)
      if (own(copy ?? value, key) === undefined)
        findings.add({ parent: place, token: key }, 'missing', `Give "${key}": it is required here.`);
    return copy ?? value;
  };
}

/** The first alternative without a fault holds; if none does, the one that got furthest is reported. */
function anyOfCheck(schema: JsonSchema, depth: number): Check | undefined {
  if (!Array.isArray(schema.anyOf)) return undefined;
  const alternatives = (schema.anyOf as JsonSchema[]).map((inner) => compile(inner, depth + 1));
  const types = (schema.anyOf as JsonSchema[]).flatMap(typesOf);
  const needed = [...new Set(types)].map((type) => TYPE_MEANINGS[type]).join(' or ');
  return (value, place, findings) => {
    let nearest: SchemaFault[] | undefined;
    for (const alternative of alternatives) {
      const trial = new Findings();
      const judged = alternative(value, null, trial);
      if (trial.faults.length === 0) return judged;
      const isOtherType = trial.faults.some(({ path, code }) => path.length === 0 && code === 'invalid_type');
      if (!isOtherType) nearest ??= trial.faults;
    }
    if (nearest === undefined)
      findings.add(place, 'invalid_type', `Give ${needed || 'another value'} here instead of ${kindOf(value)}.`);
    else for (const { path, code, detail } of nearest) findings.add(below(place, path), code, detail);
    return value;
  };
}

const below = (place: Place, path: readonly (string | number)[]): Place =>
  path.reduce<Place>((parent, token) => ({ parent, token }), place);

/** JSON may carry this one key as an own property; a later copy by assignment would change a prototype. */
const forbiddenKeyCheck: Check = (value, place, findings) => {
  if (isObject(value) && Object.hasOwn(value, '__proto__'))
    findings.add({ parent: place, token: '__proto__' }, 'forbidden_key', 'Remove "__proto__": it is never accepted.');
  return value;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
