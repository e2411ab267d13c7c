/**
 * Writes graph/catalogue/builtin.json, the catalogue of the built-in nodes, from their definitions. With `--check` it
 * writes nothing and exits 1 when the file is not what it would write.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catalogueText } from './catalogue.ts';
import { BUILTIN_NODES } from './registry.ts';

const file = fileURLToPath(new URL('../../graph/catalogue/builtin.json', import.meta.url));
const text = catalogueText(BUILTIN_NODES);

if (!process.argv.includes('--check')) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
} else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
  console.error('graph/catalogue/builtin.json is stale: run gpu-runner/nodes/generate-catalogue.ts');
  process.exitCode = 1;
}
