// contract/, graph/ and every file whose header says @pure know no clock, no randomness and no I/O: those are
// arguments. That is what lets a session be replayed, in a test or on another runner.
import { code, type Fault, imports, isCode, isTest, lineOf, type SourceFile } from './source.ts';

const IMPURE: readonly [RegExp, string][] = [
  [/\bDate\s*\.\s*now\b/g, 'the clock (Date.now)'],
  [/\bnew\s+Date\s*\(\s*\)/g, 'the clock (new Date())'],
  [/(?<!\bnew\s+)(?<![.\w$])Date\s*\(/g, 'the clock (Date())'],
  [/\bMath\s*\.\s*random\b/g, 'randomness (Math.random)'],
  [/(?<![.\w$])crypto\s*\??\./g, 'randomness (crypto)'],
  [/(?<![.\w$])performance\s*\./g, 'the clock (performance)'],
  [/(?<![.\w$])(?:setTimeout|setInterval|setImmediate)\s*\(/g, 'a timer'],
  [/(?<![.\w$])fetch\s*\(/g, 'the network (fetch)'],
  [/(?<![.\w$])process\s*\./g, 'the process'],
];

/** The comment a file begins with. */
const HEADER = /^(?:#!.*\n)?(?:\s*\/\/.*\n?|\s*\/\*[\s\S]*?\*\/)*/;

export function isPure(file: SourceFile): boolean {
  if (!isCode(file.path) || isTest(file.path)) return false;
  return /^(?:contract|graph)\//.test(file.path) || /@pure\b/.test(HEADER.exec(file.text)?.[0] ?? '');
}

export function purity(files: SourceFile[]): Fault[] {
  const faults: Fault[] = [];
  for (const file of files.filter(isPure)) {
    for (const { specifier, line } of imports(file.text)) {
      if (/^(?:node|cloudflare):/.test(specifier)) {
        faults.push({ path: file.path, line, message: `is pure and imports ${specifier}` });
      }
    }
    const text = code(file.text);
    for (const [pattern, what] of IMPURE) {
      for (const match of text.matchAll(pattern)) {
        faults.push({ path: file.path, line: lineOf(text, match.index), message: `is pure and uses ${what}` });
      }
    }
  }
  return faults;
}
