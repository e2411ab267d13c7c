/**
 * What flows through control nodes: their fields are declared `any`, and what they give in one graph follows from what
 * their edges bring. A flow is a set of types, lists of lists among them, which field types cannot say.
 */
import { FIELD_TYPE_NAMES, FIELD_TYPES, type FieldTypeName } from '../../contract/graph/field-type.ts';
import { ITERATION_DEPTH_MAX } from '../../contract/limits.ts';
import { compatible } from './compatible.ts';
import { parseFieldType } from './parse.ts';

/**
 * As bits of one integer, so that a union of many costs no more than one of two: a bit for every name at every depth of
 * lists, all names of one depth beside each other, and on top one for null.
 */
export type Flow = bigint;

/** Lists inside each other that are told apart: what iterations inside each other can gather. */
const LIST_DEPTH_MAX = ITERATION_DEPTH_MAX;

const WIDTH = BigInt(FIELD_TYPE_NAMES.length);
const LAYER = (1n << WIDTH) - 1n;

interface Member {
  name: FieldTypeName;
  depth: number;
}

const bit = (name: FieldTypeName, depth = 0): Flow =>
  1n << (BigInt(depth) * WIDTH + BigInt(FIELD_TYPE_NAMES.indexOf(name)));

export const NULL_FLOW: Flow = 1n << (BigInt(LIST_DEPTH_MAX + 1) * WIDTH);
export const ANY_FLOW: Flow = bit('any');

const depths = Array.from({ length: LIST_DEPTH_MAX + 1 }, (_, depth) => depth);
const atAllDepths = (wanted: (name: FieldTypeName) => boolean): Flow =>
  depths.reduce(
    (flow, depth) => FIELD_TYPE_NAMES.filter(wanted).reduce((all, name) => all | bit(name, depth), flow),
    0n,
  );
const EPHEMERAL = atAllDepths((name) => FIELD_TYPES[name].ephemeral);
const DURABLE = atAllDepths((name) => !FIELD_TYPES[name].ephemeral);
const LISTS = (EPHEMERAL | DURABLE) & ~LAYER;
const LISTS_OF_LISTS = LISTS & ~(LAYER << WIDTH);

/** Of a field type: `string|string[]|null` has three members. */
export function flowOf(fieldType: string): Flow {
  const { members, nullable } = parseFieldType(fieldType);
  return members.reduce((flow, { name, list }) => flow | bit(name, list ? 1 : 0), nullable ? NULL_FLOW : 0n);
}

/** Of a literal in a field that takes any: by its kind, since no field type says what it is meant to be. */
export function flowOfLiteral(value: unknown): Flow {
  if (value === undefined || value === null) return NULL_FLOW;
  if (typeof value === 'boolean' || typeof value === 'string') return bit(typeof value as 'boolean' | 'string');
  if (typeof value === 'number') return bit(Number.isSafeInteger(value) ? 'integer' : 'float');
  return Array.isArray(value) ? bit('any', 1) : ANY_FLOW;
}

/** What the lists among `flow` hold; nothing (0) when none of it can be a list. */
export const elementsOf = (flow: Flow): Flow => ((flow & LISTS) >> WIDTH) | (flow & ANY_FLOW);

/** The same of what a collector begins with, where a value that is no list counts as one element. */
export const gatheredOf = (flow: Flow): Flow => elementsOf(flow) | (flow & LAYER);

/** From the narrowest to the widest: a list of all three is a list of the widest. */
const NUMBERS: readonly FieldTypeName[] = ['boolean', 'integer', 'float'];

/**
 * The one type that every value of `flow` has, null aside: equal types, or numbers of which one kind has all others.
 * `any` may be each of them, if they are durable. Undefined when there is none; `any` when nothing is known of them.
 */
export function mostGeneral(flow: Flow): Flow | undefined {
  const members = membersOf(flow);
  const anys = members.filter(({ name }) => name === 'any');
  const named = members.filter(({ name }) => name !== 'any');
  const first = named[0];
  if (first === undefined) return bit('any', anys[0]?.depth ?? 0);
  if (anys.some(({ depth }) => depth > first.depth || FIELD_TYPES[first.name].ephemeral)) return undefined;
  let widest = first.name;
  for (const { name, depth } of named) {
    if (depth !== first.depth) return undefined;
    if (name !== widest && !(NUMBERS.includes(name) && NUMBERS.includes(widest))) return undefined;
    if (NUMBERS.indexOf(name) > NUMBERS.indexOf(widest)) widest = name;
  }
  return bit(widest, first.depth);
}

/** Lists of a single type; undefined when lists would be inside each other beyond the limit and cannot be `any`. */
export function listOf(type: Flow): Flow | undefined {
  const list = type << WIDTH;
  if ((list & LISTS) !== 0n) return list;
  return (type & DURABLE) === 0n ? undefined : bit('any', LIST_DEPTH_MAX);
}

/** Members by depth, null left out. */
function membersOf(flow: Flow): Member[] {
  const members: Member[] = [];
  let left = flow & ~NULL_FLOW;
  for (let depth = 0; left !== 0n; depth++, left >>= WIDTH) {
    let layer = left & LAYER;
    for (let at = 0; layer !== 0n; at++, layer >>= 1n)
      if ((layer & 1n) === 1n) members.push({ name: FIELD_TYPE_NAMES[at] ?? 'any', depth });
  }
  return members;
}

/** As field types are written, with a pair of brackets for each depth; members after `shown` are left out. */
export function flowText(flow: Flow, shown = Number.POSITIVE_INFINITY): string {
  const texts = membersOf(flow).map(({ name, depth }) => name + '[]'.repeat(depth));
  if ((flow & NULL_FLOW) !== 0n) texts.push('null');
  return texts.length > shown ? `${texts.slice(0, shown).join('|')}|…` : texts.join('|');
}

interface Taken {
  /** Flows that fit by themselves. */
  fitting: Flow;
  /** Flows that the field type names. */
  named: Flow;
}

/** Whether flows fit inputs of ordinary nodes. Remembers what each field type means, since few are asked for often. */
export class FlowFit {
  readonly #taken = new Map<string, Taken>();

  /** `flowOf`. */
  flowOf(fieldType: string): Flow {
    return this.#of(fieldType).named;
  }

  /**
   * One of its types must fit, as `compatible` says; which of them comes is judged by value when it comes. What stays on
   * the device must be named by the input, whatever else may come. A flow that is only ever null fits.
   */
  fits(flow: Flow, destination: string): boolean {
    const { fitting, named } = this.#of(destination);
    if ((flow & EPHEMERAL & ~named) !== 0n) return false;
    return (flow & fitting) !== 0n || (flow & ~NULL_FLOW) === 0n;
  }

  #of(destination: string): Taken {
    const known = this.#taken.get(destination);
    if (known !== undefined) return known;
    const { members } = parseFieldType(destination);
    let fitting = members.some(({ name }) => name === 'any') ? LISTS_OF_LISTS & DURABLE : 0n;
    for (const name of FIELD_TYPE_NAMES)
      for (const depth of [0, 1]) if (compatible(name + '[]'.repeat(depth), destination)) fitting |= bit(name, depth);
    const taken = { fitting, named: flowOf(destination) };
    this.#taken.set(destination, taken);
    return taken;
  }
}
