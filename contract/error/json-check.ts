/**
 * What any JSON document must satisfy before a schema sees it: bounded depth and width, and no key that would reach an
 * object's prototype when somebody copies it. Walks iteratively, so that depth itself cannot overflow a stack.
 */
import { JSON_DEPTH_MAX, JSON_KEYS_MAX } from '../limits.ts';
import { FAULTS_LISTED_MAX, type Fault, pointer } from './problem.ts';

/** `__proto__` is the only key whose plain assignment changes a prototype. */
const FORBIDDEN_KEY = '__proto__';

type Path = { parent: Path; token: string | number } | null;

const pathOf = (path: Path): string => {
  const tokens: (string | number)[] = [];
  for (let at = path; at; at = at.parent) tokens.unshift(at.token);
  return pointer(tokens);
};

/** The first faults; a hostile body may hold a million. */
export function checkJson(root: unknown): Fault[] {
  const faults: Fault[] = [];
  const stack: { value: unknown; path: Path; depth: number }[] = [{ value: root, path: null, depth: 1 }];
  for (let entry = stack.pop(); entry; entry = stack.pop()) {
    const { value, path, depth } = entry;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > JSON_DEPTH_MAX) {
      faults.push({
        pointer: pathOf(path),
        code: 'too_deep',
        detail: `Nested deeper than ${JSON_DEPTH_MAX} levels; flatten the document.`,
      });
      return faults;
    }
    const keys = Array.isArray(value) ? null : Object.keys(value);
    if (keys && keys.length > JSON_KEYS_MAX) {
      const detail = `An object has at most ${JSON_KEYS_MAX} keys, this one ${keys.length}; split the document.`;
      faults.push({ pointer: pathOf(path), code: 'too_large', detail });
      return faults;
    }
    const tokens = keys ?? (value as unknown[]).keys();
    for (const token of tokens) {
      if (token === FORBIDDEN_KEY) {
        faults.push({
          pointer: pathOf({ parent: path, token }),
          code: 'forbidden_key',
          detail: `"${FORBIDDEN_KEY}" is never accepted as a key; choose another name.`,
        });
        if (faults.length === FAULTS_LISTED_MAX) return faults;
      } else {
        const child = (value as Record<string | number, unknown>)[token];
        if (typeof child === 'object' && child !== null)
          stack.push({ value: child, path: { parent: path, token }, depth: depth + 1 });
      }
    }
  }
  return faults;
}
