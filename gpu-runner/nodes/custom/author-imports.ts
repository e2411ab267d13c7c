/**
 * What files of a folder outside this repository may import: `switchyard/nodes`, which is this runner's own, so that a
 * node is made by the code that runs it; then what the folder has installed; then the packages of this runner.
 */
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const AUTHORING = new URL('../authoring.ts', import.meta.url).href;

const FORMATS: Record<string, string> = { ts: 'module-typescript', js: 'module' };

/** From now on, in this process. `folder` is a real path, without links. */
export function serveAuthorImports(folder: string): void {
  const home = `${pathToFileURL(folder).href}/`;
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'switchyard/nodes') return { url: AUTHORING, shortCircuit: true };
      const resolved = () => {
        try {
          return next(specifier, context);
        } catch (error) {
          const isPackage = !/^[./]|^[a-z]+:/.test(specifier);
          if (!isPackage || !context.parentURL?.startsWith(home)) throw error;
          return next(specifier, { ...context, parentURL: AUTHORING });
        }
      };
      const found = resolved();
      // A folder needs no package.json that calls its files modules.
      const own = found.url.startsWith(home) && !found.url.includes('/node_modules/');
      const format = own ? FORMATS[found.url.split('.').at(-1) ?? ''] : undefined;
      return format === undefined ? found : { ...found, format };
    },
  });
}
