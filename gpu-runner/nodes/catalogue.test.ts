import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Catalogue } from '../../contract/graph/catalogue.ts';
import { catalogueText } from './catalogue.ts';
import { BUILTIN_NODES } from './registry.ts';

const file = fileURLToPath(new URL('../../graph/catalogue/builtin.json', import.meta.url));

it('is committed as it would be generated', () => {
  expect(readFileSync(file, 'utf8')).toBe(catalogueText(BUILTIN_NODES));
  expect(Catalogue.parse(JSON.parse(readFileSync(file, 'utf8'))).node_types.integer?.version).toBe('1.0.0');
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
