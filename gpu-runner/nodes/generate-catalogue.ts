/**
 * Writes what is made from the definitions of the built-in nodes: their catalogue, the JSON Schema of workflow files, the
 * types of the graph builder, the reference page, and the lock of their versions. With `--force` a version of the lock may change its meaning.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { catalogueOf, generatedFiles, jsonText } from './catalogue.ts';
import { BUILTIN_NODES } from './registry.ts';
import { lockVersions, type VersionLock, VersionLockError } from './version-lock.ts';

const LOCK = 'graph/catalogue/versions.json';

const fileOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const catalogue = catalogueOf(BUILTIN_NODES);
const lock: VersionLock = existsSync(fileOf(LOCK)) ? JSON.parse(readFileSync(fileOf(LOCK), 'utf8')) : {};
try {
  const checked = lockVersions(process.argv.includes('--force') ? {} : lock, catalogue);
  const files = { ...generatedFiles(catalogue), [LOCK]: jsonText({ ...lock, ...checked }) };
  for (const [path, text] of Object.entries(files)) writeFileSync(fileOf(path), text);
} catch (error) {
  if (!(error instanceof VersionLockError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
