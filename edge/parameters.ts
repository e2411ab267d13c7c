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

/** A repeated name is a list. */
function queryOf(c: AppContext): Values {
  const at = c.req.url.indexOf('?');
  const values = new Map<string, string | string[]>();
  for (const [name, value] of new URLSearchParams(at === -1 ? '' : c.req.url.slice(at))) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(values);
}

/** A parameter that the operation does not have is refused: a misspelt filter that is ignored answers too much. */
export function parseQuery(c: AppContext, schema: z.ZodObject = NOTHING): unknown {
  const values = queryOf(c);
  const result = schema.safeParse(values);
  const unknown = Object.keys(values)
    .filter((name) => !Object.hasOwn(schema.shape, name))
    .map(
      (name): Fault => ({
        pointer: `?${name.slice(0, NAME_SHOWN)}`,
        code: 'unknown_field',
        detail: `"${name.slice(0, NAME_SHOWN)}" is not a query parameter here; leave it out.`,
      }),
    );
  const numbers = misspelt(schema, values).map(
    (name): Fault => ({
      pointer: `?${name}`,
      code: 'invalid_type',
      detail: `"${String(values[name]).slice(0, NAME_SHOWN)}" is no number; write digits, or leave the parameter out.`,
    }),
  );
  if (result.success && unknown.length + numbers.length === 0) return result.data;
  const others = (result.success ? [] : zodFaults(result.error))
    .map((fault) => ({ ...fault, pointer: fault.pointer.replace('/', '?') }))
    .filter(({ pointer }) => numbers.every((number) => number.pointer !== pointer));
  throw new ProblemError('validation_failed', 'The query does not fit.', {
    errors: [...unknown, ...numbers, ...others],
  });
}

/** Characters of what the caller wrote that a fault repeats. */
const NAME_SHOWN = 64;
