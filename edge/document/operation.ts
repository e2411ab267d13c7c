/** What /openapi.json says about one route, from its declaration. */
import type { RouteConfig } from '@hono/zod-openapi';
import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from '../../contract/error/codes.ts';
import { PROBLEM_CONTENT_TYPE, Problem } from '../../contract/error/problem.ts';
import { type EndpointSpec, QUEUE_PREFIX } from '../endpoint.ts';
import type { App } from '../env.ts';

type Spec = EndpointSpec<z.ZodObject | undefined, z.ZodObject | undefined, z.ZodType | undefined>;

const QUEUE_PARAMS = z.object({ queue_id: z.string() });

const IDEMPOTENCY_HEADER = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .describe('names this attempt: sent again within 24 hours, it is answered as the first time'),
});

/** Header fields of answers, by the names that `documented` refers to. */
const HEADERS = {
  'X-Request-Id': 'Names the request in the service\'s logs, and in a problem\'s "instance".',
  'RateLimit-Policy': 'The limit of the key: `"default";q=6000;w=60` is 6000 calls in 60 seconds.',
  RateLimit: '`"default";r=5990;t=1`: so many calls are left, and the limit is whole again in so many seconds.',
  'Idempotency-Replayed': '`true`: the call was made before, and this is what it was answered then.',
  'Retry-After': 'Seconds until the same call may pass.',
} as const;

export function registerHeaders(app: App): void {
  for (const [name, description] of Object.entries(HEADERS))
    app.openAPIRegistry.registerComponent('headers', name, { description, schema: { type: 'string' } });
}

const headersOf = (names: readonly (keyof typeof HEADERS)[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** Whether calls of the operation can count against a key's limit: what only runners call does not. */
const isLimited = ({ scopes }: Pick<Spec, 'scopes'>): boolean => scopes?.some((scope) => scope !== 'runner') ?? false;

const replayedNames = ({ idempotent }: Pick<Spec, 'idempotent'>) =>
  idempotent === 'account' ? (['Idempotency-Replayed'] as const) : [];

const implied = (spec: Spec): ErrorCode[] => [
  ...(spec.scopes === null ? [] : (['unauthenticated', 'forbidden'] as const)),
  ...(spec.path.includes('{') ? (['not_found'] as const) : []),
  'validation_failed',
  ...(spec.body ? (['malformed_json', 'body_too_large', 'unsupported_media_type'] as const) : []),
  ...(spec.idempotent
    ? (['bad_request', 'idempotency_key_reused', 'idempotency_in_progress'] as const satisfies ErrorCode[])
    : []),
  ...(isLimited(spec) ? (['rate_limited'] as const) : []),
  ...(spec.problems ?? []),
];

function responsesOf(spec: Spec): RouteConfig['responses'] {
  const headers = headersOf(isLimited(spec) ? ['X-Request-Id', 'RateLimit-Policy', 'RateLimit'] : ['X-Request-Id']);
  const responses: RouteConfig['responses'] = {};
  for (const [status, { description, schema, content_type = 'application/json' }] of Object.entries(spec.responses))
    responses[status] = {
      description,
      ...(status === '101' ? {} : { headers: { ...headers, ...headersOf(replayedNames(spec)) } }),
      ...(schema ? { content: { [content_type]: { schema } } } : {}),
      ...(!schema && content_type !== 'application/json' ? { content: { [content_type]: {} } } : {}),
    };
  const problems = Map.groupBy(new Set(implied(spec)), (code) => ERROR_CODES[code].status);
  for (const [status, codes] of problems)
    responses[status] = {
      description: codes.map((code) => `\`${code}\`: ${ERROR_CODES[code].title}`).join('; '),
      headers: codes.includes('rate_limited') ? { ...headers, ...headersOf(['Retry-After']) } : headers,
      content: { [PROBLEM_CONTENT_TYPE]: { schema: Problem } },
    };
  return responses;
}

export function documented(spec: Spec): RouteConfig {
  const params = spec.path.startsWith(QUEUE_PREFIX) ? QUEUE_PARAMS.extend(spec.params?.shape ?? {}) : spec.params;
  const headers = spec.idempotent ? IDEMPOTENCY_HEADER.extend(spec.headers?.shape ?? {}) : spec.headers;
  const content = spec.body
    ? { 'application/json': { schema: spec.body } }
    : Object.fromEntries((spec.bytes ?? []).map((type) => [type, { schema: { type: 'string', format: 'binary' } }]));
  return {
    method: spec.method,
    path: spec.path,
    operationId: spec.operation_id,
    tags: [spec.tag],
    summary: spec.summary,
    ...(spec.description ? { description: spec.description } : {}),
    security: spec.scopes === null ? [] : [{ key: [...spec.scopes] }, ...(spec.ticket ? [{ ticket: [] }] : [])],
    request: {
      ...(params ? { params } : {}),
      ...(spec.query ? { query: spec.query } : {}),
      ...(headers ? { headers } : {}),
      ...(spec.body || spec.bytes ? { body: { required: true, content } } : {}),
    },
    responses: responsesOf(spec),
  } as RouteConfig;
}
