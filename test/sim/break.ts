/** Loads the queue with a deliberate fault: a patch of one module's source as it is read, never of a file. */
import { registerHooks } from 'node:module';
import { BREAKAGES, type Breakage } from './breakages.ts';

const QUEUE = new URL('../../', import.meta.url).href;

export function breakQueue(name: string): void {
  const breakage = BREAKAGES.find((each) => each.name === name);
  if (!breakage) throw new Error(`no breakage "${name}"; there are ${BREAKAGES.map((each) => each.name).join(', ')}`);
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (url !== QUEUE + breakage.file) return loaded;
      return { ...loaded, source: broken(String(loaded.source), breakage) };
    },
  });
}

/** The source with the fault in it; a patch that no longer fits must not pass for a fault that was found. */
export function broken(source: string, { name, file, patches }: Breakage): string {
  return patches.reduce((text, [find, replace]) => {
    if (text.split(find).length !== 2)
      throw new Error(`the breakage "${name}" does not fit ${file}, where this must stand once:\n${find}`);
    return text.replace(find, () => replace);
  }, source);
}
