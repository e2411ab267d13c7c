import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { catalogueOf, generatedFiles } from './catalogue.ts';
import { BUILTIN_NODES } from './registry.ts';
import { lockVersions } from './version-lock.ts';

const CATALOGUE = catalogueOf(BUILTIN_NODES);
const committed = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

it.each(Object.entries(generatedFiles(CATALOGUE)))('%s is committed as it would be generated', (path, text) => {
  expect(committed(path)).toBe(text);
});

it('no node has changed what it takes or gives without a new version', () => {
  const lock = JSON.parse(committed('graph/catalogue/versions.json'));
  expect(lockVersions(lock, CATALOGUE)).toEqual(lock);
});

it('is made without loading native libraries', () => {
  const script = `
    import Module from 'node:module';
    await import(${JSON.stringify(new URL('./registry.ts', import.meta.url).href)});
    console.log(JSON.stringify(Object.keys(Module._cache)));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(stderr).not.toMatch(/Error/);
  expect(JSON.parse(stdout).filter((path: string) => /onnxruntime|sharp/.test(path))).toEqual([]);
});
