import { type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { Env } from '../env.ts';

/** The account's database. Statements that belong together go through `batch`, which D1 runs as one transaction. */
export const accountDb = (env: Pick<Env, 'DB'>) => drizzle(env.DB);
export type AccountDb = ReturnType<typeof accountDb>;

/** D1 binds a hundred values at most: a list of any length is one of them. */
export const jsonList = (values: readonly string[]): SQL =>
  sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`;
