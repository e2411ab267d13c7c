/** The invocation cache of a queue: results that sessions take of each other. */
import { z } from 'zod';

/** `user`: of the sessions of the same user. `shared`: of everybody's, so that results of one user reach another. */
export const INVOCATION_CACHE_MODES = ['off', 'user', 'shared'] as const;

/** As in InvokeAI; of what the queue keeps. Runners have memories of their own, and say in statistics what those gave. */
export const InvocationCacheStatus = z
  .object({
    size: z.int().min(0).describe('results that are kept'),
    hits: z.int().min(0).describe('recorded results that were taken instead of running their node'),
    misses: z.int().min(0).describe('recorded results that were worth keeping and had to be made'),
    enabled: z.boolean(),
    max_size: z.int().min(0),
  })
  .meta({ id: 'InvocationCacheStatus' });
export type InvocationCacheStatus = z.infer<typeof InvocationCacheStatus>;
