/**
 * One declaration for each route: it mounts the handler, guards it (key, scope, queue), checks path, query and body,
 * and is what /openapi.json is made from. So a route cannot be reached without the checks that its document names.
 */
import type { z } from 'zod';
import type { ErrorCode } from '../contract/error/codes.ts';
import type { Scope } from '../contract/store/key.ts';
import { audited, beginAudit } from './audit.ts';
import { authenticate } from './auth/authenticate.ts';
import { limitRate } from './auth/limit-rate.ts';
import { isAdminOnly, requireQueue, requireScope, requireUnbound } from './auth/require.ts';
import { authenticateByTicket } from './auth/ticket.ts';
import { type Precondition, readJson } from './body.ts';
import { documented } from './document/operation.ts';
import type { App, AppContext } from './env.ts';
import { parseParams, parseQuery } from './parameters.ts';
import { replayed } from './replay.ts';

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
  /** `?ticket=` does instead of a key; only below QUEUE_PREFIX. */
  ticket?: true;
  /** It changes what all queues share: refused for a key that is bound to some. */
  unbound?: boolean;
  /** What an admin does with it is recorded; so it is anyway where only admins may change something. */
  audit?: true;
  /**
   * It creates, and takes an Idempotency-Key. `account`: the answer is kept and replayed here. `queue`: the handler
   * passes `idempotencyOf` on to the queue's object, which keeps it beside what it made.
   */
  idempotent?: 'account' | 'queue';
  /** Strings of the path. One that does not fit is answered 404. `queue_id` need not be named below QUEUE_PREFIX. */
  params?: Params;
  /** Strings of the query (use z.coerce); a repeated name is an array. What does not fit, or is not named, is a 422. */
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
    named(spec.operation_id),
    ...(spec.scopes === null ? [] : [spec.ticket ? authenticateByTicket : authenticate, limitRate(spec.scopes)]),
    ...(isAudited(spec) ? [audited] : []),
    ...(ofQueue ? [requireQueue] : []),
    ...(spec.scopes === null ? [] : [requireScope(...spec.scopes)]),
    ...(spec.unbound ? [requireUnbound] : []),
  ];
  const handler = async (c: AppContext) => {
    const input = {
      params: spec.params ? parseParams(c, spec.params) : {},
      query: parseQuery(c, spec.query),
      body: spec.body
        ? await readJson(c, spec.body, {
            ...(spec.body_limit ? { limit: spec.body_limit } : {}),
            ...(spec.precondition ? { precondition: spec.precondition } : {}),
          })
        : {},
    } as EndpointInput<Params, Query, Body>;
    await beginAudit(c, input);
    return spec.idempotent === 'account' ? replayed(c, async () => handle(c, input)) : handle(c, input);
  };
  app.on([spec.method.toUpperCase()], [spec.path.replaceAll(/\{(\w+)\}/g, ':$1')], ...guards, handler);
}

const named = (operation_id: string) => async (c: AppContext, next: () => Promise<void>) => {
  c.set('operation_id', operation_id);
  await next();
};

type Audited = Pick<EndpointSpec<unknown, unknown, unknown>, 'audit' | 'method' | 'scopes'>;

/** Only admins may, and it changes something; or it says so. */
const isAudited = <Spec extends Audited>(spec: Spec): spec is Spec & { scopes: readonly Scope[] } =>
  spec.scopes !== null && (spec.audit === true || (spec.method !== 'get' && isAdminOnly(spec.scopes)));
