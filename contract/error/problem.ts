/** Problem documents (RFC 9457): how every refusal looks on the wire. */
import { z } from 'zod';
import { ERROR_CODE_NAMES, ERROR_CODES, type ErrorCode, FAULT_CODE_NAMES, type FaultCode } from './codes.ts';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** One fault, by its place in the request. */
export const Fault = z
  .object({
    pointer: z.string().describe('JSON Pointer into the request body, or "?name" for a query parameter'),
    code: z.enum(FAULT_CODE_NAMES),
    detail: z.string().describe('a sentence that says what to do'),
  })
  .meta({ id: 'Fault' });
export type Fault = { pointer: string; code: FaultCode; detail: string };

export const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(ERROR_CODE_NAMES),
    detail: z.string(),
    instance: z.string().optional(),
    errors: z.array(Fault).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

/** Faults beyond this many are counted in the detail, not listed: a hostile body must not amplify. */
export const FAULTS_LISTED_MAX = 100;

/** Builds the document; `extra` carries the members that a code documents, such as `room` for queue_full. */
export function problem(
  code: ErrorCode,
  detail: string,
  options: { errors?: readonly Fault[]; extra?: Record<string, unknown> } = {},
): Problem {
  const { status, title } = ERROR_CODES[code];
  const listed = options.errors?.slice(0, FAULTS_LISTED_MAX);
  const hidden = (options.errors?.length ?? 0) - (listed?.length ?? 0);
  return {
    type: `urn:switchyard:problem:${code}`,
    title,
    status,
    code,
    detail: hidden > 0 ? `${detail} (${hidden} more faults are not listed)` : detail,
    ...options.extra,
    ...(listed ? { errors: listed } : {}),
  };
}

/** Escapes one reference token of a JSON Pointer (RFC 6901). */
export const pointerToken = (token: string | number): string =>
  String(token).replaceAll('~', '~0').replaceAll('/', '~1');

/** `pointer(['batch', 'graph', 0])` → `/batch/graph/0`. */
export const pointer = (path: readonly (string | number)[]): string =>
  path.map((token) => `/${pointerToken(token)}`).join('');
