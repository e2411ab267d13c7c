/** What a schema asks of a value beyond its type: one function for each keyword that says so. */
import type { FaultCode } from '../../contract/error/codes.ts';
import type { JsonSchema } from '../../contract/graph/catalogue.ts';
import { isEqual } from './equal.ts';

export interface Complaint {
  code: FaultCode;
  detail: string;
}

/** A keyword says nothing about values of a type that it is not for, as in JSON Schema. */
export type Constraint = (value: unknown) => Complaint | undefined;

export const constraintsOf = (schema: JsonSchema): Constraint[] =>
  Object.entries(CONSTRAINTS).flatMap(([keyword, make]) =>
    Object.hasOwn(schema, keyword) ? [make(schema[keyword])] : [],
  );

const invalid = (detail: string): Complaint => ({ code: 'invalid_value', detail });
const tooLarge = (detail: string): Complaint => ({ code: 'too_large', detail });

const forNumbers = (make: (limit: number) => (value: number) => Complaint | undefined) => (limit: unknown) => {
  const judge = make(Number(limit));
  return (value: unknown) => (typeof value === 'number' ? judge(value) : undefined);
};

const forStrings = (make: (limit: number) => (value: string) => Complaint | undefined) => (limit: unknown) => {
  const judge = make(Number(limit));
  return (value: unknown) => (typeof value === 'string' ? judge(value) : undefined);
};

const forLists = (make: (limit: number) => (value: unknown[]) => Complaint | undefined) => (limit: unknown) => {
  const judge = make(Number(limit));
  return (value: unknown) => (Array.isArray(value) ? judge(value) : undefined);
};

/** JSON Schema counts characters, not UTF-16 units; they differ only above the units' count. */
const characters = (text: string): number => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};
const isLonger = (text: string, limit: number): boolean => text.length > limit && characters(text) > limit;
const isShorter = (text: string, limit: number): boolean =>
  text.length < limit || (text.length < 2 * limit && characters(text) < limit);

/** Of a quotient: decimal steps such as 0.1 are not exact in binary. */
const STEP_TOLERANCE = 1e-9;

const CONSTRAINTS: Record<string, (limit: unknown) => Constraint> = {
  const: (only) => (value) => (isEqual(value, only) ? undefined : invalid(`Give ${shown(only)} here.`)),
  enum: (options) => {
    const allowed = options as unknown[];
    const complaint = invalid(`Give one of ${listed(allowed)}.`);
    return (value) => (allowed.some((option) => isEqual(value, option)) ? undefined : complaint);
  },
  minimum: forNumbers((limit) => (value) => (value >= limit ? undefined : invalid(`Give ${limit} or more here.`))),
  maximum: forNumbers((limit) => (value) => (value <= limit ? undefined : invalid(`Give ${limit} or less here.`))),
  exclusiveMinimum: forNumbers(
    (limit) => (value) => (value > limit ? undefined : invalid(`Give more than ${limit} here.`)),
  ),
  exclusiveMaximum: forNumbers(
    (limit) => (value) => (value < limit ? undefined : invalid(`Give less than ${limit} here.`)),
  ),
  multipleOf: forNumbers((step) => (value) => {
    const quotient = value / step;
    const error = Math.abs(quotient - Math.round(quotient));
    const isMultiple = error <= STEP_TOLERANCE * Math.max(1, Math.abs(quotient));
    return isMultiple ? undefined : invalid(`Give a multiple of ${step} here.`);
  }),
  minLength: forStrings(
    (limit) => (value) =>
      isShorter(value, limit) ? invalid(`Give at least ${count(limit, 'character')} here.`) : undefined,
  ),
  maxLength: forStrings(
    (limit) => (value) =>
      isLonger(value, limit) ? tooLarge(`Give at most ${count(limit, 'character')} here.`) : undefined,
  ),
  minItems: forLists(
    (limit) => (value) =>
      value.length < limit ? invalid(`Give at least ${count(limit, 'element')} here.`) : undefined,
  ),
  maxItems: forLists(
    (limit) => (value) =>
      value.length > limit ? tooLarge(`Give at most ${count(limit, 'element')} here.`) : undefined,
  ),
};

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing';

const LISTED_MAX = 20;
const listed = (options: readonly unknown[]): string =>
  options.length <= LISTED_MAX
    ? options.map(shown).join(', ')
    : `${options.slice(0, LISTED_MAX).map(shown).join(', ')} and ${options.length - LISTED_MAX} more`;
