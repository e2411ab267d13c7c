/** The strings of a path and a query, made into what a handler is given. Nothing is guessed and nothing is ignored. */
import { z } from 'zod';
import { zodFaults } from '../contract/error/faults.ts';
import type { Fault } from '../contract/error/problem.ts';
import type { AppContext } from './env.ts';
import { ProblemError } from './problem.ts';

/** How a number is written here; a coercion would also take "", " 5", "0x10" and "1e3". */
const NUMBER = /^-?\d{1,16}(\.\d{1,16})?$/;

function isNumber(schema: z.core.$ZodType): boolean {
  const { type, innerType } = schema._zod.def as z.core.$ZodTypeDef & { innerType?: z.core.$ZodType };
  return type === 'number' || (innerType !== undefined && isNumber(innerType));
}

type Values = Record<string, string | string[]>;

/** Those of `values` that stand where a number is wanted and are none. */
const misspelt = (schema: z.ZodObject, values: Values): string[] =>
  Object.entries(values)
    .filter(([name, value]) => {
      const field = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
      return field !== undefined && isNumber(field) && typeof value === 'string' && !NUMBER.test(value);
    })
    .map(([name]) => name);

export function parseParams(c: AppContext, schema: z.ZodObject): unknown {
  const values = c.req.param();
  const result = schema.safeParse(values);
  if (!result.success || misspelt(schema, values).length > 0)
    throw new ProblemError('not_found', `There is no ${c.req.path}.`);
  return result.data;
}

const NOTHING = z.object({});

/** A parameter that the operation does not have is refused: a misspelt filter that is ignored answers too much. */
export function parseQuery(c: AppContext, schema: z.ZodObject = NOTHING): unknown {
  const values: Values = Object.fromEntries(
    Object.entries(c.req.queries()).map(([name, list]) => [name, list.length === 1 ? (list[0] ?? '') : list]),
  );
  const result = schema.strict().safeParse(values);
  const wrong = misspelt(schema, values);
  if (result.success && wrong.length === 0) return result.data;
  const numbers = wrong.map(
    (name): Fault => ({
      pointer: `?${name}`,
      code: 'invalid_type',
      detail: `"${String(values[name]).slice(0, 64)}" is no number; write digits, or leave the parameter out.`,
    }),
  );
  const others = result.success ? [] : zodFaults(result.error).map(inQuery);
  throw new ProblemError('validation_failed', 'The query does not fit.', {
    errors: [...numbers, ...others.filter((fault) => !numbers.some(({ pointer }) => pointer === fault.pointer))],
  });
}

const inQuery = (fault: Fault): Fault => ({
  ...fault,
  pointer: fault.pointer.replace('/', '?'),
  detail: fault.code === 'unknown_field' ? fault.detail.replace('field', 'query parameter') : fault.detail,
});
