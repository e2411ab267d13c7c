import { describe, expect, test } from 'vitest';
import { code, imports } from './source.ts';

describe('code', () => {
  test('blanks comments and strings and keeps every column', () => {
    const text = `const a = 'fetch('; // fetch(\n/* fetch( */ const b = "x\\"fetch("; b`;
    const read = code(text);
    expect(read).toHaveLength(text.length);
    expect(read).not.toContain('fetch');
    expect(read).toContain('const b = "');
  });

  test('reads the code inside a template, not its text', () => {
    const text = '`fetch( $${ {a: `$${Date.now()} Math.random`}.a } fetch(` + now()'.replaceAll('$$', '$');
    const read = code(text);
    expect(read).toContain('Date.now()');
    expect(read).toContain('now()');
    expect(read).not.toContain('fetch');
    expect(read).not.toContain('Math.random');
  });

  test('tells a regular expression from a division', () => {
    expect(code(`const r = /['"]fetch\\/(/g; Date.now()`)).toContain('Date.now()');
    expect(code(`const r = /['"]fetch\\/(/g; Date.now()`)).not.toContain('fetch');
    expect(code(`const q = a / b; const s = 'x' / c; Date.now()`)).toContain('Date.now()');
  });

  test('survives an unfinished comment, string or template', () => {
    for (const text of ['/* open', "'open", '`open', '`open ${', 'a // open']) {
      expect(code(text)).toHaveLength(text.length);
    }
  });
});

describe('imports', () => {
  test('finds every form with its line', () => {
    const text = [
      `import { a } from './a.ts';`,
      `import type { B } from "./b.ts";`,
      `import './c.ts';`,
      `export * from './d.ts';`,
      `const e = await import('./e.ts');`,
      `import {\n  f,\n} from './f.ts';`,
    ].join('\n');
    expect(imports(text)).toEqual([
      { specifier: './a.ts', line: 1 },
      { specifier: './b.ts', line: 2 },
      { specifier: './c.ts', line: 3 },
      { specifier: './d.ts', line: 4 },
      { specifier: './e.ts', line: 5 },
      { specifier: './f.ts', line: 8 },
    ]);
  });

  test('leaves talk about imports alone', () => {
    expect(imports(`Buffer.from('00'); Array.from("ab"); from('c'); object.import('d');`)).toEqual([]);
    expect(imports(`// import './a.ts'\nconst text = "import './b.ts'"; const other = \`from './c.ts'\`;`)).toEqual([]);
  });
});
