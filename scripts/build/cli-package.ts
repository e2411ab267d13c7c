// @switchyard/cli as it is published: the command with everything of this repository in it. What runs parts of the
// system needs the repository and stays there (cli/commands/checkout-only.ts stands for it).
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { imported, json, type PackageFiles, papers, published, readManifest } from './package-folder.ts';

const ROOM = 'cli';
const COMMAND = 'switchyard';

export async function cliPackage(root: string): Promise<PackageFiles> {
  const bundle = await build({
    absWorkingDir: root,
    stdin: { contents: '#!/usr/bin/env node\nimport "./main.ts";', resolveDir: path.join(root, ROOM), loader: 'ts' },
    outdir: path.join(root, ROOM, 'dist'),
    entryNames: COMMAND,
    // What a verb does is loaded when it is called.
    splitting: true,
    chunkNames: 'verbs/[name]-[hash]',
    bundle: true,
    format: 'esm',
    target: 'node20',
    platform: 'node',
    packages: 'external',
    plugins: [withoutCheckout],
    charset: 'utf8',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const manifest = readManifest(root, ROOM);
  const files: PackageFiles = new Map<string, string | Uint8Array>([
    [
      'package.json',
      json({
        ...published(manifest),
        bin: { [COMMAND]: `${COMMAND}.js` },
        exports: { './package.json': './package.json' },
        // A program, not a library: it runs with what it was tested with.
        dependencies: imported(bundle.metafile, manifest),
      }),
    ],
    ...papers(root, ROOM),
  ]);
  const outputs = bundle.outputFiles.map(
    (file) =>
      [path.relative(path.join(root, ROOM, 'dist'), file.path).replaceAll(path.sep, '/'), file.contents] as const,
  );
  for (const [name, contents] of outputs.sort(([a], [b]) => (a < b ? -1 : 1))) files.set(name, contents);
  return files;
}

const withoutCheckout: Plugin = {
  name: 'without a checkout',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/commands\/system\.ts$/ }, ({ path: name, resolveDir }) => ({
      path: path.join(resolveDir, path.dirname(name), 'checkout-only.ts'),
    }));
  },
};
