/** The Worker as one module, made as wrangler makes it. */
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';

export const EDGE_ENTRY = fileURLToPath(new URL('../../edge/index.ts', import.meta.url));

export async function bundleWorker(): Promise<string> {
  const result = await build({
    entryPoints: [EDGE_ENTRY],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    loader: { '.sql': 'text' },
    write: false,
    logLevel: 'silent',
  });
  // Its service process would otherwise stay for as long as ours.
  await stop();
  const [module] = result.outputFiles;
  if (module === undefined) throw new Error(`esbuild made nothing of ${EDGE_ENTRY}`);
  return module.text;
}
