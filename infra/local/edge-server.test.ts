import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { unstable_readConfig } from 'wrangler';
import { WORKER } from './edge-server.ts';

/** What is compared of wrangler's reading; its own type needs packages that are not installed. */
interface Deployed {
  name: string;
  compatibility_date: string;
  compatibility_flags: string[];
  durable_objects: { bindings: { name: string; class_name: string }[] };
  r2_buckets: { binding: string }[];
  d1_databases: { binding: string; migrations_dir: string }[];
}

test('the local Worker is the one that is deployed', () => {
  const config: Deployed = unstable_readConfig({
    config: fileURLToPath(new URL('../../wrangler.toml', import.meta.url)),
  });
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
