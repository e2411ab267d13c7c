/** The type names of JSON Schema: how a value is tested for each, and what each is called in a sentence. */

export const TYPE_MEANINGS = {
  integer: 'a whole number',
  number: 'a number',
  string: 'a string',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
} as const;
export type TypeName = keyof typeof TYPE_MEANINGS;

export const isTypeName = (name: unknown): name is TypeName =>
  typeof name === 'string' && Object.hasOwn(TYPE_MEANINGS, name);

const TESTS: Record<TypeName, (value: unknown) => boolean> = {
  // Beyond ±(2^53 − 1) two whole numbers can be one float: such a number is not the one that was meant.
  integer: (value) => Number.isSafeInteger(value),
  number: (value) => Number.isFinite(value),
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  array: Array.isArray,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  null: (value) => value === null,
};

export const typeTest = (name: TypeName): ((value: unknown) => boolean) => TESTS[name];

/** What a value is, for a sentence. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return 'a string';
  return 'an object';
}
