import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { unstable_readConfig } from 'wrangler';
import { CLOCK, EdgeServer, WORKER } from './edge-server.ts';
import { StateFolder } from './state-folder.ts';

/** What is compared of wrangler's reading; its own type needs packages that are not installed. */
interface Deployed {
  name: string;
  compatibility_date: string;
  compatibility_flags: string[];
  durable_objects: { bindings: { name: string; class_name: string }[] };
  r2_buckets: { binding: string }[];
  d1_databases: { binding: string; migrations_dir: string }[];
  triggers: { crons: string[] };
}

const CONFIG = fileURLToPath(new URL('../../wrangler.toml', import.meta.url));

test('the local Worker is the one that is deployed', () => {
  const config: Deployed = unstable_readConfig({ config: CONFIG });
  expect(WORKER).toEqual({
    name: config.name,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
  });
  expect(config.durable_objects.bindings.map(({ name, class_name }) => [name, class_name])).toEqual([
    ['QUEUE', 'QueueObject'],
  ]);
  expect(config.r2_buckets.map(({ binding }) => binding)).toEqual(['BUCKET']);
  expect(config.d1_databases.map(({ binding, migrations_dir }) => [binding, migrations_dir])).toEqual([
    ['DB', 'edge/account/migrations'],
  ]);
});

test.each([undefined, 'staging', 'production'])('the clock calls every environment (%s)', (name) => {
  const config: Deployed = unstable_readConfig({ config: CONFIG, ...(name ? { env: name } : {}) });
  expect(CLOCK.map(({ cron }) => cron)).toEqual(config.triggers.crons);
});

test('the local Worker does what the platform’s clock would have it do', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-edge-'));
  const state = StateFolder.create(folder);
  const server = await EdgeServer.start({ state, port: 0, key: 'local' });
  try {
    for (const { cron } of CLOCK) await server.tick(cron);
    const log = path.join(state.logs, 'edge.log');
    await expect.poll(() => readFileSync(log, 'utf8')).toContain('the scheduled steps ran');
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 30_000);
