/** What a schema says that the evaluator would not hear: `defineNode` refuses a node for any of it. */
import { pointer } from '../../contract/error/problem.ts';
import { JSON_DEPTH_MAX } from '../../contract/limits.ts';
import { evaluate } from './evaluate.ts';
import { isTypeName } from './type-name.ts';

type Tokens = readonly (string | number)[];
/** Answers what a keyword's value must be, or undefined when it is that. */
type Rule = (value: unknown) => string | undefined;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const must =
  (what: string, holds: (value: unknown) => boolean): Rule =>
  (value) =>
    holds(value) ? undefined : what;
const number = must('a finite number', Number.isFinite);
const positive = must('a positive number', (value) => Number.isFinite(value) && Number(value) > 0);
const length = must('a whole number of 0 or more', (value) => Number.isSafeInteger(value) && Number(value) >= 0);
const text = must('a string', (value) => typeof value === 'string');
const schema = must('a schema object', isObject);

/** Every keyword of the subset, with the form of its value. */
const KEYWORDS: Record<string, Rule> = {
  type: must('a type name or a list of them', (value) =>
    Array.isArray(value) ? value.length > 0 && value.every(isTypeName) : isTypeName(value),
  ),
  const: () => undefined,
  enum: must('a list of at least one value', (value) => Array.isArray(value) && value.length > 0),
  minimum: number,
  maximum: number,
  exclusiveMinimum: number,
  exclusiveMaximum: number,
  multipleOf: positive,
  minLength: length,
  maxLength: length,
  minItems: length,
  maxItems: length,
  items: schema,
  properties: must(
    'an object of schemas without "__proto__"',
    (value) => isObject(value) && !Object.hasOwn(value, '__proto__') && Object.values(value).every(isObject),
  ),
  required: must('a list of names', (value) => Array.isArray(value) && value.every((name) => typeof name === 'string')),
  additionalProperties: must('true, false or a schema', (value) => typeof value === 'boolean' || isObject(value)),
  anyOf: must(
    'a list of at least one schema',
    (value) => Array.isArray(value) && value.length > 0 && value.every(isObject),
  ),
  default: () => undefined,
  title: text,
  description: text,
};

/**
 * Characters of a schema times characters of its default. Judging one takes as long as this is large, and a few
 * kilobytes of alternatives, each asked of a few kilobytes of elements, take a third of a second.
 */
const DEFAULT_WORK_MAX = 250_000;

const lengthOf = (value: unknown): number => (JSON.stringify(value) ?? '').length;

/** What is wrong at one place of a schema. */
export interface Complaint {
  path: Tokens;
  what: string;
}

/** One for each keyword or shape outside the subset; empty when all is well. */
export function complaintsAbout(root: unknown): Complaint[] {
  const complaints: Complaint[] = [];
  inspect(root, [], complaints);
  // Only a schema that the evaluator reads as it is meant can judge its own default.
  if (complaints.length === 0 && isObject(root)) inspectDefaults(root, [], complaints);
  return complaints;
}

/** The same as sentences, each with its place in the schema. */
export const outsideSubset = (root: unknown): string[] =>
  complaintsAbout(root).map(({ path, what }) => `${pointer(path) || '/'}: ${what}`);

function inspect(root: unknown, path: Tokens, complaints: Complaint[]): void {
  const complain = (tokens: Tokens, what: string) => complaints.push({ path: tokens, what });
  if (!isObject(root)) return void complain(path, 'a schema must be an object');
  if (path.length > JSON_DEPTH_MAX) return void complain(path, `nested deeper than ${JSON_DEPTH_MAX} levels`);
  for (const [keyword, value] of Object.entries(root)) {
    const rule = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
    if (rule === undefined) complain([...path, keyword], `the keyword "${keyword}" is outside the subset`);
    else {
      const wanted = rule(value);
      if (wanted !== undefined) complain([...path, keyword], `must be ${wanted}`);
    }
  }
  for (const [tokens, inner] of innerSchemas(root)) inspect(inner, [...path, ...tokens], complaints);
}

function inspectDefaults(root: Record<string, unknown>, path: Tokens, complaints: Complaint[]): void {
  if (Object.hasOwn(root, 'default') && lengthOf(root) * lengthOf(root.default) > DEFAULT_WORK_MAX)
    complaints.push({ path: [...path, 'default'], what: 'it is too long for a schema of this size' });
  else if (Object.hasOwn(root, 'default'))
    for (const fault of evaluate(root, root.default).faults)
      complaints.push({
        path: [...path, 'default', ...fault.path],
        what: `the default does not fit its schema: ${fault.detail}`,
      });
  for (const [tokens, inner] of innerSchemas(root)) inspectDefaults(inner, [...path, ...tokens], complaints);
}

function innerSchemas(root: Record<string, unknown>): [Tokens, Record<string, unknown>][] {
  const found: [Tokens, unknown][] = [];
  if (isObject(root.properties))
    for (const [name, inner] of Object.entries(root.properties)) found.push([['properties', name], inner]);
  for (const keyword of ['items', 'additionalProperties']) found.push([[keyword], root[keyword]]);
  if (Array.isArray(root.anyOf)) root.anyOf.forEach((inner, index) => void found.push([['anyOf', index], inner]));
  return found.filter((entry): entry is [Tokens, Record<string, unknown>] => isObject(entry[1]));
}
