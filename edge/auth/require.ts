/** What a key must allow, asked after `authenticate`. */
import { NAME_PATTERN } from '../../contract/name-pattern.ts';
import { hasScope, type Principal, type Scope } from '../../contract/store/key.ts';
import { accountDb } from '../account/database.ts';
import { queueVersion } from '../account/queues.ts';
import type { AppContext, Env } from '../env.ts';
import { ProblemError } from '../problem.ts';

export type Middleware = (c: AppContext, next: () => Promise<void>) => Promise<void>;

export const isAdminOnly = (scopes: readonly Scope[]): boolean => scopes.every((scope) => scope === 'admin');

/** The key needs one of `scopes`. */
export const requireScope =
  (...scopes: readonly Scope[]): Middleware =>
  async (c, next) => {
    if (!scopes.some((scope) => hasScope(c.var.principal, scope)))
      throw new ProblemError('forbidden', `This needs a key with the scope ${scopes.join(' or ')}.`);
    await next();
  };

export const opensQueue = (principal: Principal, queue_id: string): boolean =>
  principal.queue_ids === null || principal.queue_ids.includes(queue_id);

/** For what all queues share: a key that is bound to some of them must not change it for the others. */
export const requireUnbound: Middleware = async (c, next) => {
  if (c.var.principal.queue_ids !== null)
    throw new ProblemError('forbidden', 'This needs a key that is not bound to queues.');
  await next();
};

/**
 * Refuses a key that is bound to other queues (403, whether the queue exists or not) and a queue that does not
 * exist (404), before any object is touched: asking for an object creates it. Returns the version of its settings.
 */
export async function checkQueue(env: Env, principal: Principal, queue_id: string): Promise<number> {
  if (!opensQueue(principal, queue_id))
    throw new ProblemError('forbidden', `This key does not open the queue "${queue_id.slice(0, 128)}".`);
  const version = NAME_PATTERN.test(queue_id) ? await queueVersion(accountDb(env), queue_id, Date.now()) : null;
  if (version === null) throw new ProblemError('not_found', `There is no queue "${queue_id.slice(0, 128)}".`);
  return version;
}

/** For routes with `{queue_id}` in their path. */
export const requireQueue: Middleware = async (c, next) => {
  c.set('queue_version', await checkQueue(c.env, c.var.principal, c.req.param('queue_id') ?? ''));
  await next();
};
