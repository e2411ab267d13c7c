import { describe, expect, test } from 'vitest';
import { isPure, purity } from './purity.ts';

const faults = (text: string, path = 'graph/a.ts') => purity([{ path, text }]).map((fault) => fault.message);

describe('purity', () => {
  test.each([
    'const t = Date.now();',
    'const t = new Date();',
    'const t = new Date( ).getTime();',
    'const t = Date();',
    'const r = Math.random();',
    'const id = crypto.randomUUID();',
    'const t = performance.now();',
    'setTimeout(f, 1);',
    'await fetch(url);',
    'const e = process.env;',
    `import { readFileSync } from 'node:fs';`,
    `import { env } from 'cloudflare:workers';`,
  ])('refuses %s', (text) => {
    expect(faults(text)).toHaveLength(1);
  });

  test.each([
    'const t = new Date(milliseconds);',
    'const t = Date.parse(text);',
    'const t = clock.now();',
    'const r = options.fetch(url);',
    'const id = this.crypto.randomUUID();',
    '// Date.now() is an argument here',
    `const name = 'Math.random()';`,
    'function processAll(process_id: string) {}',
  ])('allows %s', (text) => {
    expect(faults(text)).toEqual([]);
  });

  test('names the line', () => {
    expect(purity([{ path: 'graph/a.ts', text: 'a;\n\nDate.now();\n' }])[0]?.line).toBe(3);
  });
});

describe('isPure', () => {
  test('holds for contract and graph, and for a file whose header says so', () => {
    expect(isPure({ path: 'contract/a.ts', text: '' })).toBe(true);
    expect(isPure({ path: 'graph/a.test.ts', text: '' })).toBe(false);
    expect(isPure({ path: 'edge/a.ts', text: '// What a claim takes next. @pure\nimport x;' })).toBe(true);
    expect(isPure({ path: 'edge/a.ts', text: '/**\n * @pure\n */\n' })).toBe(true);
    expect(isPure({ path: 'edge/a.ts', text: 'const a = 1; // @pure' })).toBe(false);
  });
});
