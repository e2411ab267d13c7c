/**
 * Stands in for test/support/sqlite-storage.ts in the project `store` of vitest.config.ts: the same tests of the queue
 * run on the storage of a real Durable Object. Each test has an object of its own, and runs inside it.
 */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { drizzle } from 'drizzle-orm/durable-sqlite';
import { migrate } from 'drizzle-orm/durable-sqlite/migrator';
import { aroundEach } from 'vitest';
import migrations from '../queue/migrations/migrations.js';
import type { SqliteStorage } from '../queue/storage.ts';

let storage: DurableObjectStorage | null = null;
let opened = 0;

aroundEach(async (runTest) => {
  const stub = env.QUEUE.get(env.QUEUE.newUniqueId());
  await runInDurableObject(stub, async (_instance, state) => {
    storage = state.storage;
    opened = 0;
    await runTest();
  });
});

/** An empty storage with the queue's tables. A test that needs a second one beside it cannot run here. */
export async function queueStorage(): Promise<SqliteStorage & { close(): void }> {
  if (!storage) throw new Error('a test runs inside an object');
  if (opened++ > 0) await storage.deleteAll();
  await migrate(drizzle(storage), migrations);
  const real = storage as unknown as SqliteStorage;
  return {
    sql: real.sql,
    transactionSync: (body) => real.transactionSync(body),
    close: () => undefined,
  };
}
