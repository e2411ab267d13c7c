// Enough of a TypeScript reader for the repository's rules: where a file's code is, where its strings are, and what it
// imports. It does not parse; it tells code from comments, strings and regular expressions.

export interface SourceFile {
  /** Path from the repository's root, with forward slashes. */
  path: string;
  text: string;
}

export interface Fault {
  path: string;
  line?: number;
  message: string;
}

export interface Import {
  specifier: string;
  line: number;
}

/** After one of these a slash begins a regular expression; after a name, a number or a closing bracket it divides. */
const BEFORE_REGEX = /(?:^|[=(,:;!&|?{}[+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|await|yield|void|delete))\s*$/;

const LITERAL = /^(?:'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")/;
const REGEX = /^\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/;

const blank = (text: string): string => text.replace(/[^\n]/g, ' ');

/**
 * The text with its comments blanked, and with what is quoted blanked too unless `keepStrings` is set. Line numbers and
 * columns stay. Code inside a template's `${}` counts as code.
 */
export function code(text: string, keepStrings = false): string {
  let out = '';
  let at = 0;
  const braces: number[] = [];
  const template = () => {
    while (at < text.length) {
      if (text[at] === '\\') {
        out += keepStrings ? text.slice(at, at + 2) : blank(text.slice(at, at + 2));
        at += 2;
      } else if (text.startsWith('${', at)) {
        out += '${';
        at += 2;
        braces.push(0);
        return;
      } else if (text[at] === '`') {
        out += '`';
        at += 1;
        return;
      } else {
        out += keepStrings ? text[at] : blank(text[at] ?? '');
        at += 1;
      }
    }
  };
  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    const char = text[at] ?? '';
    if (rest === '//' || rest === '/*') {
      const found = rest === '//' ? text.indexOf('\n', at) : text.indexOf('*/', at + 2) + 2;
      const end = found < at + 2 ? text.length : found;
      out += blank(text.slice(at, end));
      at = end;
      continue;
    }
    if (char === '`') {
      out += char;
      at += 1;
      template();
      continue;
    }
    if (char === "'" || char === '"' || (char === '/' && BEFORE_REGEX.test(out.slice(-40)))) {
      const end = text.indexOf('\n', at);
      const line = text.slice(at, end === -1 ? undefined : end);
      const literal = (char === '/' ? REGEX : LITERAL).exec(line)?.[0];
      if (literal !== undefined) {
        out += keepStrings ? literal : char + blank(literal.slice(1, -1)) + char;
        at += literal.length;
        continue;
      }
    }
    const depth = braces.at(-1);
    if (depth !== undefined && char === '{') braces[braces.length - 1] = depth + 1;
    if (depth !== undefined && char === '}') {
      if (depth === 0) {
        braces.pop();
        out += char;
        at += 1;
        template();
        continue;
      }
      braces[braces.length - 1] = depth - 1;
    }
    out += char;
    at += 1;
  }
  return out;
}

export const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;

const IMPORT = /(?<![.\w$])(?:from\s*|import\s*\(?\s*)(['"])([^'"\n]+)\1/g;

/** Everything a file imports or re-exports, types included, and `import('…')` of a constant. */
export function imports(text: string): Import[] {
  const kept = code(text, true);
  const bare = code(text);
  const found: Import[] = [];
  for (const match of kept.matchAll(IMPORT)) {
    // A string that merely talks about an import is blank in the other reading.
    if (!/^(?:from|import)/.test(bare.slice(match.index))) continue;
    found.push({ specifier: match[2] ?? '', line: lineOf(text, match.index) });
  }
  return found;
}

export const isCode = (path: string): boolean => /\.(?:ts|mts|mjs|js|tsx)$/.test(path) && !isGenerated(path);
export const isTest = (path: string): boolean => /\.test\.ts$/.test(path) || path.includes('/testing/');
export const isGenerated = (path: string): boolean => /\.generated\.|\/migrations\//.test(path);
