// The ties between numbers in documents and in the titles of tests: docs/rules.md and docs/conformance.md.
import { type Fault, isGenerated, isTest, lineOf, type SourceFile } from './source.ts';

/** Every rule of docs/rules.md is carried by a test's title as `[R12]`, and every such number is a rule there. */
export function ruleTests(files: SourceFile[]): Fault[] {
  const document = files.find((file) => file.path === 'docs/rules.md');
  if (document === undefined) return [];
  const rules = new Map<string, number>();
  for (const match of document.text.matchAll(/^[ \t]*(?:[-*|#]+[ \t]*)?\*{0,2}\[?(R\d+)\b/gm)) {
    rules.set(match[1] ?? '', lineOf(document.text, match.index));
  }
  const tested = new Map<string, Fault>();
  for (const file of files.filter((each) => isTest(each.path) && !isGenerated(each.path))) {
    for (const match of file.text.matchAll(/\[(R\d+)\]/g)) {
      const number = match[1] ?? '';
      const line = lineOf(file.text, match.index);
      if (!tested.has(number)) tested.set(number, { path: file.path, line, message: `${number} is no rule` });
    }
  }
  const untested = [...rules].filter(([number]) => !tested.has(number));
  return [
    ...untested.map(([number, line]) => ({ path: document.path, line, message: `no test carries [${number}]` })),
    ...[...tested].filter(([number]) => !rules.has(number)).map(([, fault]) => fault),
  ];
}

/**
 * A check of docs/conformance.md stands in a table row `| X41 | … |`. Its row names every test file whose titles carry
 * the number, and no other; a number without a test says in words what it waits for, or why it does not apply.
 */
export function conformanceTests(files: SourceFile[]): Fault[] {
  const document = files.find((file) => file.path === 'docs/conformance.md');
  if (document === undefined) return [];
  const carriers = new Map<string, Set<string>>();
  for (const file of files.filter((each) => isTest(each.path) && !isGenerated(each.path)))
    for (const [, number = ''] of file.text.matchAll(/\[((?:RQ|[ABEFGKPQSWX])\d+)\]/g))
      carriers.set(number, (carriers.get(number) ?? new Set()).add(file.path));
  const faults: Fault[] = [];
  const listed = new Set<string>();
  for (const match of document.text.matchAll(/^\| ((?:RQ|[A-Z])\d+) \|(.*)\|$/gm)) {
    const [, number = '', text = ''] = match;
    listed.add(number);
    const line = lineOf(document.text, match.index);
    const named = new Set(Array.from(text.matchAll(/`([^`]+\.test\.ts)`/g), ([, path = '']) => path));
    const carrying = carriers.get(number) ?? new Set();
    for (const path of carrying)
      if (!named.has(path)) faults.push({ path: document.path, line, message: `${number} is carried by ${path} too` });
    for (const path of named)
      if (!carrying.has(path))
        faults.push({ path: document.path, line, message: `${path} does not carry [${number}]` });
    if (text.trim() === '') faults.push({ path: document.path, line, message: `${number} says nothing` });
  }
  for (const [number, paths] of carriers)
    if (!listed.has(number))
      faults.push({ path: [...paths][0] ?? '', message: `${number} stands in no row of ${document.path}` });
  return faults;
}
