/**
 * One declaration for each route: it mounts the handler, guards it (key, scope, queue), checks path, query and body,
 * and is what /openapi.json is made from. So a route cannot be reached without the checks that its document names.
 */
import type { RouteConfig } from '@hono/zod-openapi';
import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from '../contract/error/codes.ts';
import { zodFaults } from '../contract/error/faults.ts';
import { PROBLEM_CONTENT_TYPE, Problem } from '../contract/error/problem.ts';
import type { Scope } from '../contract/store/key.ts';
import { authenticate } from './auth/authenticate.ts';
import { requireQueue, requireScope, requireUnbound } from './auth/require.ts';
import { type Precondition, readJson } from './body.ts';
import type { App, AppContext } from './env.ts';
import { ProblemError } from './problem.ts';

/** Everything of one queue lies below this; `endpoint` checks the key and the queue for such paths by itself. */
export const QUEUE_PREFIX = '/api/v1/queue/{queue_id}';

interface ResponseSpec {
  description: string;
  /** A JSON body, unless `content_type` says otherwise. */
  schema?: z.ZodType;
  content_type?: string;
}

export interface EndpointSpec<Params, Query, Body> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With `{names}`, as OpenAPI writes it. */
  path: string;
  /** Unique; the generated client's name for the call. */
  operation_id: string;
  tag: string;
  summary: string;
  description?: string;
  /** One of these is needed; `null` for the few routes that anybody may call. */
  scopes: readonly Scope[] | null;
  /** It changes what all queues share: refused for a key that is bound to some. */
  unbound?: boolean;
  /** Strings of the path. One that does not fit is answered 404. `queue_id` need not be named below QUEUE_PREFIX. */
  params?: Params;
  /** Strings of the query (use z.coerce); a repeated name is an array. One that does not fit is answered 422. */
  query?: Query;
  /** A JSON body. */
  body?: Body;
  body_limit?: number;
  /** What the body must be before its schema is asked. */
  precondition?: Precondition;
  /** Content types of a body that the handler reads by itself. */
  bytes?: readonly string[];
  /** Request headers that the handler looks at, for the document. */
  headers?: z.ZodObject;
  responses: Record<number, ResponseSpec>;
  /** Codes beyond those that the declaration implies. */
  problems?: readonly ErrorCode[];
}

type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : Record<string, never>;

export interface EndpointInput<Params, Query, Body> {
  params: Output<Params>;
  query: Output<Query>;
  body: Output<Body>;
}

const QUEUE_PARAMS = z.object({ queue_id: z.string() });

export function endpoint<
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(
  app: App,
  spec: EndpointSpec<Params, Query, Body>,
  handle: (c: AppContext, input: EndpointInput<Params, Query, Body>) => Response | Promise<Response>,
): void {
  app.openAPIRegistry.registerPath(documented(spec));
  const ofQueue = spec.path.startsWith(QUEUE_PREFIX);
  const guards = [
    ...(spec.scopes === null ? [] : [authenticate]),
    ...(ofQueue ? [requireQueue] : []),
    ...(spec.scopes === null ? [] : [requireScope(...spec.scopes)]),
    ...(spec.unbound ? [requireUnbound] : []),
  ];
  const handler = async (c: AppContext) => {
    c.set('operation_id', spec.operation_id);
    const input = {
      params: spec.params ? parseParams(c, spec.params) : {},
      query: spec.query ? parseQuery(c, spec.query) : {},
      body: spec.body
        ? await readJson(c, spec.body, {
            ...(spec.body_limit ? { limit: spec.body_limit } : {}),
            ...(spec.precondition ? { precondition: spec.precondition } : {}),
          })
        : {},
    };
    return handle(c, input as EndpointInput<Params, Query, Body>);
  };
  app.on([spec.method.toUpperCase()], [spec.path.replaceAll(/\{(\w+)\}/g, ':$1')], ...guards, handler);
}

function parseParams(c: AppContext, schema: z.ZodObject): unknown {
  const result = schema.safeParse(c.req.param());
  if (!result.success) throw new ProblemError('not_found', `There is no ${c.req.path}.`);
  return result.data;
}

function parseQuery(c: AppContext, schema: z.ZodObject): unknown {
  const values = Object.entries(c.req.queries()).map(([name, list]) => [name, list.length === 1 ? list[0] : list]);
  const result = schema.safeParse(Object.fromEntries(values));
  if (result.success) return result.data;
  throw new ProblemError('validation_failed', 'The query does not fit.', {
    errors: zodFaults(result.error).map((fault) => ({ ...fault, pointer: fault.pointer.replace('/', '?') })),
  });
}

const implied = (spec: EndpointSpec<unknown, unknown, unknown>): ErrorCode[] => [
  ...(spec.scopes === null ? [] : (['unauthenticated', 'forbidden'] as const)),
  ...(spec.path.includes('{') ? (['not_found'] as const) : []),
  ...(spec.query ? (['validation_failed'] as const) : []),
  ...(spec.body ? (['malformed_json', 'body_too_large', 'unsupported_media_type', 'validation_failed'] as const) : []),
  ...(spec.problems ?? []),
];

function documented(
  spec: EndpointSpec<z.ZodObject | undefined, z.ZodObject | undefined, z.ZodType | undefined>,
): RouteConfig {
  const responses: RouteConfig['responses'] = {};
  for (const [status, { description, schema, content_type = 'application/json' }] of Object.entries(spec.responses))
    responses[status] = {
      description,
      ...(schema ? { content: { [content_type]: { schema } } } : {}),
      ...(!schema && content_type !== 'application/json' ? { content: { [content_type]: {} } } : {}),
    };
  const problems = Map.groupBy(new Set(implied(spec)), (code) => ERROR_CODES[code].status);
  for (const [status, codes] of problems)
    responses[status] = {
      description: codes.map((code) => `\`${code}\`: ${ERROR_CODES[code].title}`).join('; '),
      content: { [PROBLEM_CONTENT_TYPE]: { schema: Problem } },
    };
  const ofQueue = spec.path.startsWith(QUEUE_PREFIX);
  const params = ofQueue ? QUEUE_PARAMS.extend(spec.params?.shape ?? {}) : spec.params;
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
    security: spec.scopes === null ? [] : [{ key: [...spec.scopes] }],
    request: {
      ...(params ? { params } : {}),
      ...(spec.query ? { query: spec.query } : {}),
      ...(spec.headers ? { headers: spec.headers } : {}),
      ...(spec.body || spec.bytes ? { body: { required: true, content } } : {}),
    },
    responses,
  } as RouteConfig;
}
