/**
 * `--set node.field=value`: what it changes and to which values. @pure
 *
 * A value is a list: elements apart by commas, each plain text, a number, true, false, "quoted text" (where a comma
 * is a comma and "" is a quote), a range `1..100` or `0..1:0.25`, or a file `@photo.png`. `node.field:=JSON` takes
 * JSON instead: an array is a list. A list of one sets the field; a longer one makes a batch.
 */
import { BATCH_ITEMS_MAX } from '../../contract/limits.ts';
import type { BatchValue } from '../../contract/queue/batch.ts';
import type { FieldKind } from './field-kind.ts';

export class AssignmentError extends Error {
  override name = 'AssignmentError';
}

/** A file or folder of this machine, which has to be stored before a graph can name it. */
export class LocalFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/** A file of this machine whose lines are elements of the list. */
export class LineFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/** Which model; a graph names it so, and a batch cannot vary it. */
export interface ModelValue {
  key: string;
}

export type AssignedValue = BatchValue | ModelValue | LocalFile | LineFile;

interface Element {
  text: string;
  quoted: boolean;
}

export interface Assignment {
  /** As it was written: `node.field` or `field`. */
  target: string;
  /** Absent: the one node that has such a field. */
  node: string | null;
  field: string;
  /** The values for a field of this kind: text stays text where the field holds text. */
  values(kind: FieldKind): AssignedValue[];
}

const RANGE = /^(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)(?::(-?\d+(?:\.\d+)?))?$/;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const SHA256 = /^[0-9a-f]{64}$/;

export function parseAssignment(text: string): Assignment {
  const equals = text.indexOf('=');
  const isJson = text[equals - 1] === ':';
  const target = text.slice(0, Math.max(0, isJson ? equals - 1 : equals));
  const { node, field } = parseTarget(target);
  if (equals < 0 || field === '' || node === '')
    throw new AssignmentError(`"${text}" sets nothing: write node.field=value, or node.field:=JSON.`);
  const value = text.slice(equals + 1);
  if (isJson) {
    const values = jsonValues(text, value);
    return { target, node, field, values: () => values };
  }
  const elements = split(text, value);
  return { target, node, field, values: (kind) => elements.flatMap((element) => interpret(element, kind)) };
}

/** Node ids may hold dots, fields never do. */
export function parseTarget(target: string): { node: string | null; field: string } {
  const dot = target.lastIndexOf('.');
  return { node: dot < 0 ? null : target.slice(0, dot), field: target.slice(dot + 1) };
}

/** What the lines of a file stand for, in a field of this kind. */
export const valuesOfLines = (lines: readonly string[], kind: FieldKind): AssignedValue[] =>
  lines.flatMap((text) => interpret({ text, quoted: kind.holds === 'text' }, kind));

function jsonValues(text: string, value: string): BatchValue[] {
  try {
    const parsed = JSON.parse(value) as BatchValue;
    return (Array.isArray(parsed) ? parsed : [parsed]) as BatchValue[];
  } catch {
    throw new AssignmentError(`"${text}": what stands after := is not JSON.`);
  }
}

function split(text: string, value: string): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at <= value.length; ) {
    const rest = value.slice(at);
    const quoted = /^\s*"((?:[^"]|"")*)"\s*(?=,|$)/.exec(rest);
    const plain = /^[^,]*/.exec(rest)?.[0] ?? '';
    if (quoted === null && /^\s*"/.test(rest)) throw new AssignmentError(`"${text}": a quote is not closed.`);
    elements.push(
      quoted ? { text: (quoted[1] ?? '').replaceAll('""', '"'), quoted: true } : { text: plain.trim(), quoted: false },
    );
    at += (quoted?.[0] ?? plain).length + 1;
  }
  return elements;
}

function interpret({ text, quoted }: Element, { holds }: FieldKind): AssignedValue[] {
  if (holds === 'model') return [{ key: text }];
  if (quoted) return [text];
  if (/^@./.test(text)) {
    const isLines = holds === 'text' || holds === 'number';
    return [isLines ? new LineFile(text.slice(1)) : new LocalFile(text.slice(1))];
  }
  if (holds === 'text') return [text];
  if (holds === 'image' && SHA256.test(text)) return [{ image_name: text }];
  const range = RANGE.exec(text);
  if (range) return expand(text, Number(range[1]), Number(range[2]), range[3] === undefined ? null : Number(range[3]));
  if (text === 'true' || text === 'false') return [text === 'true'];
  return [NUMBER.test(text) ? Number(text) : text];
}

/** Both ends belong to it. Steps are counted, not added up, so that rounding does not pile up. */
function expand(text: string, from: number, to: number, given: number | null): number[] {
  const step = given ?? (from <= to ? 1 : -1);
  const count = Math.floor((to - from) / step + 1e-9) + 1;
  if (!(count >= 1)) throw new AssignmentError(`"${text}" is an empty range: its step leads away from its end.`);
  if (count > BATCH_ITEMS_MAX) throw new AssignmentError(`"${text}" has more than ${BATCH_ITEMS_MAX} values.`);
  return Array.from({ length: count }, (_, index) => Number((from + index * step).toPrecision(15)));
}
