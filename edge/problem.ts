/** Refusals, and how they leave the Worker: as problem documents (RFC 9457). */
import { HTTPException } from 'hono/http-exception';
import { ERROR_CODES, type ErrorCode } from '../contract/error/codes.ts';
import { type Fault, PROBLEM_CONTENT_TYPE, problem } from '../contract/error/problem.ts';
import type { App, AppContext } from './env.ts';
import { logError } from './log.ts';

interface ProblemOptions {
  errors?: readonly Fault[];
  /** Members that the code documents, such as `room` for queue_full. */
  extra?: Record<string, unknown>;
  headers?: Record<string, string>;
}

/** Thrown anywhere below a route; `onError` renders it. */
export class ProblemError extends Error {
  readonly code: ErrorCode;
  readonly options: ProblemOptions;

  constructor(code: ErrorCode, detail: string, options: ProblemOptions = {}) {
    super(detail);
    this.name = 'ProblemError';
    this.code = code;
    this.options = options;
  }
}

export function problemResponse(c: AppContext, error: ProblemError): Response {
  const { headers, errors, extra } = error.options;
  const document = problem(error.code, error.message, {
    ...(errors ? { errors } : {}),
    extra: { ...extra, instance: `urn:switchyard:request:${c.var.request_id}` },
  });
  return new Response(JSON.stringify(document), {
    status: ERROR_CODES[error.code].status,
    headers: { 'content-type': PROBLEM_CONTENT_TYPE, 'cache-control': 'no-store', ...headers },
  });
}

/** The platform marks what a later call may find better: an object that moves, restarts or has too much to do. */
const isPassing = (error: Error & { retryable?: unknown; overloaded?: unknown }): boolean =>
  error.retryable === true || error.overloaded === true;

/** What is not a problem of ours is logged once and answered with nothing but the request's id. */
export function onError(error: Error, c: AppContext): Response {
  if (error instanceof ProblemError) return problemResponse(c, error);
  if (error instanceof HTTPException && error.status < 500)
    return problemResponse(c, new ProblemError('bad_request', 'The request cannot be understood.'));
  logError(c, 'unhandled error', error);
  if (isPassing(error))
    return problemResponse(
      c,
      new ProblemError('unavailable', 'The queue cannot answer now; try again.', { headers: { 'retry-after': '1' } }),
    );
  return problemResponse(
    c,
    new ProblemError('internal', `Something broke on our side; quote request ${c.var.request_id}.`),
  );
}

const pattern = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll(/[.+*?^$()|[\]\\]/g, '\\$&').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);

/** 405 where the path exists with other methods, 404 elsewhere; asked only when nothing matched. */
export const notFound =
  (app: App) =>
  (c: AppContext): Response => {
    const path = new URL(c.req.url).pathname;
    const methods = new Set<string>();
    for (const definition of app.openAPIRegistry.definitions)
      if (definition.type === 'route' && pattern(definition.route.path).test(path))
        methods.add(definition.route.method.toUpperCase());
    if (methods.has('GET')) methods.add('HEAD');
    if (methods.size === 0)
      return problemResponse(c, new ProblemError('not_found', 'There is nothing under this address.'));
    const allow = [...methods].sort().join(', ');
    return problemResponse(
      c,
      new ProblemError('method_not_allowed', `This address takes ${allow}.`, { headers: { allow } }),
    );
  };
