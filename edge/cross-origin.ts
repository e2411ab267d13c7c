/** Which web pages may call (CORS), by the setting ALLOWED_ORIGINS. Absent: those of the Worker's own origin. */
import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import type { AppEnv } from './env.ts';
import { ProblemError } from './problem.ts';

/** Whether a page of `origin` is named by the setting: origins with commas between them, or `*`. */
export const allowsOrigin = (setting: string | undefined, origin: string): boolean =>
  (setting ?? '')
    .split(',')
    .map((each) => each.trim().replace(/\/$/, '').toLowerCase())
    .some((each) => each === '*' || (each !== '' && each === origin.toLowerCase()));

const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-None-Match',
  'Last-Event-ID',
  'Prefer',
  'Range',
  'traceparent',
  'tracestate',
];
const RESPONSE_HEADERS = [
  'Accept-Ranges',
  'Allow',
  'Content-Disposition',
  'Content-Length',
  'Content-Range',
  'ETag',
  'Idempotency-Replayed',
  'Link',
  'Location',
  'Preference-Applied',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
];
/** Browsers keep a preflight's answer for two hours at most. */
const PREFLIGHT_SECONDS = 2 * 60 * 60;

const answer = cors({
  origin: (origin, c) => (allowsOrigin(c.env.ALLOWED_ORIGINS, origin) ? origin : null),
  allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  allowHeaders: REQUEST_HEADERS,
  exposeHeaders: RESPONSE_HEADERS,
  maxAge: PREFLIGHT_SECONDS,
});

/** A browser sends no preflight before it opens a socket, so that the origin is checked here or nowhere. */
export const crossOrigin: MiddlewareHandler<AppEnv> = async (c, next) => {
  const origin = c.req.header('origin');
  const setting = c.env.ALLOWED_ORIGINS;
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') return setting ? answer(c, next) : next();
  // The host alone: behind a proxy that ends TLS the schemes differ.
  const isForeign = origin !== undefined && URL.parse(origin)?.host !== new URL(c.req.url).host;
  if (isForeign && !allowsOrigin(setting, origin))
    throw new ProblemError('forbidden', `Pages of "${origin.slice(0, 256)}" may not open sockets here.`);
  return next();
};
