/**
 * The agent as one plain module. Run from its sources it reads TypeScript and two hundred modules: that takes 30 MB more,
 * for as long as it lives, and half a second more to start.
 */
import { pathToFileURL } from 'node:url';
import { build, type Plugin, stop } from 'esbuild';

/** Loaded when they are needed, which for most runners is never, or by code of their own. */
const OUTSIDE = /^(@aws-sdk\/|@opentelemetry\/|pino$|sharp$|onnxruntime-node$)/;

/** Writes the module of `entry` to `outfile`, which may lie anywhere: what it imports, it imports by whole addresses. */
export async function bundleAgent(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    plugins: [byAddress],
    // Its devices are started from the sources, which stand beside the entry.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(entry).href) },
    // Packages in CommonJS ask for Node's own modules by it.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.filename);" },
    logLevel: 'silent',
  });
  await stop();
}

const byAddress: Plugin = {
  name: 'by address',
  setup: ({ onResolve }) => {
    onResolve({ filter: OUTSIDE }, ({ path }) => ({ path: import.meta.resolve(path), external: true }));
  },
};
