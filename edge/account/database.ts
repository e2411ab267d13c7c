import { drizzle } from 'drizzle-orm/d1';
import type { Env } from '../env.ts';

/** The account's database. Statements that belong together go through `batch`, which D1 runs as one transaction. */
export const accountDb = (env: Pick<Env, 'DB'>) => drizzle(env.DB);
export type AccountDb = ReturnType<typeof accountDb>;
