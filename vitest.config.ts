import { fileURLToPath } from 'node:url';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

/** In the project `store` the tests of the queue run on the storage of a Durable Object instead of Node's SQLite. */
const OBJECT_STORAGE = fileURLToPath(new URL('edge/testing/object-storage.ts', import.meta.url));
/** A busy machine is slow, and a test waits for what it tests, not for the clock. */
const testTimeout = 60_000;

const onNode = (name: string) => ({
  name,
  testTimeout,
  environment: 'node' as const,
  // node:sqlite still announces itself as experimental, once in every worker.
  execArgv: ['--disable-warning=ExperimentalWarning'],
  exclude: ['**/node_modules/**', '**/dist/**', '**/*.workers.test.ts'],
});

/**
 * Two kinds of test, told apart by name: `*.workers.test.ts` runs inside workerd, every other `*.test.ts` in Node, where
 * those that start processes or load native code have a process each. Those of the queue's store run in both.
 */
export default defineConfig({
  test: {
    // The Worker's log is long; that of a test that failed is worth reading.
    silent: 'passed-only',
    // One for each core: much of a test is waiting for a process of its own.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          ...onNode('node'),
          include: ['{contract,graph,edge,client,cli,scripts}/**/*.test.ts'],
          // What these load is loaded once: a third of their time. They leave nothing behind that others see.
          isolate: false,
        },
      },
      {
        test: {
          ...onNode('processes'),
          include: ['{gpu-runner,infra,test,examples,models}/**/*.test.ts'],
        },
      },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: './wrangler.toml' } })],
        test: {
          name: 'workerd',
          testTimeout,
          include: ['**/*.workers.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
        },
      },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: './wrangler.toml' } })],
        resolve: { alias: [{ find: /^.*\/sqlite-storage\.ts$/, replacement: OBJECT_STORAGE }] },
        test: {
          name: 'store',
          testTimeout,
          include: ['edge/testing/store-suite.ts'],
        },
      },
    ],
  },
});
