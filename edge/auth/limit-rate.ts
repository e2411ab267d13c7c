/** Holds a key to its rate, asked after `authenticate`. */
import type { Scope } from '../../contract/store/key.ts';
import { ProblemError } from '../problem.ts';
import { parseRateLimit, RateLimiter, rateLimitHeaders } from './rate-limit.ts';
import type { Middleware } from './require.ts';

/** Of this isolate: a key that calls through several gets as many limits, which still bounds what each has to do. */
const limiter = new RateLimiter(10_000);

/**
 * A runner is not limited where runners may call: what it posts is the work itself, in large batches and at the pace
 * of the devices, and a refused heartbeat or callback would cost the work that it reports.
 */
export const limitRate =
  (scopes: readonly Scope[]): Middleware =>
  async (c, next) => {
    const { principal, rate_limit } = c.var;
    const deployment = c.env.RATE_LIMIT ? parseRateLimit(c.env.RATE_LIMIT) : null;
    const limit = rate_limit ?? deployment;
    if (limit === null || (scopes.includes('runner') && principal.scopes.includes('runner'))) return next();
    const taken = limiter.take(principal.key_id, limit, Date.now());
    const headers = rateLimitHeaders(rate_limit ? 'key' : 'default', limit, taken);
    if (!taken.allowed)
      throw new ProblemError('rate_limited', `The key may make ${limit.requests} calls in ${limit.seconds} seconds.`, {
        headers: { ...headers, 'retry-after': String(taken.reset_seconds) },
      });
    await next();
    // The answer that opens a socket cannot be changed, and nobody reads it.
    if (c.res.status !== 101) for (const [name, value] of Object.entries(headers)) c.header(name, value);
  };
