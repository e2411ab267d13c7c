// The types of the SDK as a tree of .d.ts files: those of its entries, and of what they name.
import * as fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run } from '../process.ts';

/** `from './a.ts'` and `import("./a.ts")`: how declarations name each other. */
const RELATIVE = /(from |import\()(['"])(\.[^'"]*)\.ts\2/g;

/**
 * The declarations that the entries reach, by their path under the repository. Another compiler finds `./a.js` by every
 * resolution there is, and `./a.ts` only if it is told to.
 */
export async function declarations(root: string, project: string, entries: string[]): Promise<Map<string, string>> {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-types-'));
  try {
    const { code, output } = await run(
      path.join(root, 'node_modules/.bin/tsc'),
      ['-p', project, '--outDir', scratch, '--pretty', 'false'],
      { cwd: root },
    );
    if (code !== 0) throw new Error(`The declarations cannot be made:\n${output}`);
    const found = new Map<string, string>();
    const visit = (source: string) => {
      const name = source.replace(/\.ts$/, '.d.ts');
      if (found.has(name)) return;
      const text = fs.readFileSync(path.join(scratch, name), 'utf8');
      found.set(
        name,
        text.replaceAll(RELATIVE, (_, before, quote, target) => `${before}${quote}${target}.js${quote}`),
      );
      for (const [, , , target] of text.matchAll(RELATIVE))
        visit(path.posix.join(path.posix.dirname(source), `${target}.ts`));
    };
    for (const entry of entries) visit(entry);
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}
