/** From what a zod schema reports to the faults of a problem document. */
import type { z } from 'zod';
import type { FaultCode } from './codes.ts';
import { type Fault, pointer } from './problem.ts';

const CODES: Partial<Record<string, FaultCode>> = {
  invalid_type: 'invalid_type',
  unrecognized_keys: 'unknown_field',
  too_big: 'too_large',
};

/**
 * Every issue of `error` as a fault below `base`. A union is reported by the branch that got furthest, since a
 * list of everything that it might have been tells nobody what to do.
 */
export function zodFaults(error: z.ZodError, base: readonly (string | number)[] = []): Fault[] {
  return error.issues.flatMap((issue) => issueFaults(issue, base));
}

function issueFaults(issue: z.core.$ZodIssue, base: readonly (string | number)[]): Fault[] {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      pointer: pointer([...path, key]),
      code: 'unknown_field',
      detail: `"${key}" is not a field here; leave it out.`,
    }));
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const depth = (branch: z.core.$ZodIssue[]) => Math.max(...branch.map((inner) => inner.path.length));
    const deepest = issue.errors.filter((branch) => branch.length > 0).sort((a, b) => depth(b) - depth(a))[0];
    if (deepest && depth(deepest) > 0) return deepest.flatMap((inner) => issueFaults(inner, path));
  }
  if (issue.code === 'invalid_key')
    return [
      { pointer: pointer(path), code: 'invalid_value', detail: sentence(issue.issues[0]?.message ?? issue.message) },
    ];
  const missing = issue.code === 'invalid_type' && issue.message.includes('received undefined');
  return [
    {
      pointer: pointer(path),
      code: missing ? 'missing' : (CODES[issue.code] ?? 'invalid_value'),
      detail: missing ? 'This field is required.' : sentence(issue.message),
    },
  ];
}

const sentence = (message: string): string => (/[.!?]$/.test(message) ? message : `${message}.`);
