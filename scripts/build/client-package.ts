// @switchyard/client as it is published: for browsers and Node, with what it needs of the contract and the graph in it.
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { declarations } from './declarations.ts';
import { imported, json, type PackageFiles, papers, published, readManifest } from './package-folder.ts';

const ROOM = 'client';
const ENTRY = 'client/index.ts';
/** Need the schemas: apart from the rest, so that the bundler of a page that does not use one leaves both out. */
const APART = ['client/graph/check.ts', 'client/graph/edit.ts', 'client/import/invokeai.ts'];

export async function clientPackage(root: string): Promise<PackageFiles> {
  const [bundle, types] = await Promise.all([
    build({
      absWorkingDir: root,
      entryPoints: [ENTRY, ...APART],
      entryNames: '[name]',
      splitting: true,
      chunkNames: 'shared-[hash]',
      // Where it stands in the repository, wherever it is then written: maps name their sources from here.
      outdir: path.join(root, ROOM, 'dist'),
      bundle: true,
      format: 'esm',
      target: 'es2022',
      platform: 'neutral',
      packages: 'external',
      plugins: [apart],
      sourcemap: 'linked',
      charset: 'utf8',
      metafile: true,
      write: false,
      logLevel: 'silent',
    }),
    declarations(root, `${ROOM}/tsconfig.build.json`, [ENTRY]),
  ]);
  const manifest = readManifest(root, ROOM);
  const files: PackageFiles = new Map<string, string | Uint8Array>([
    [
      'package.json',
      json({
        ...published(manifest),
        exports: {
          '.': { types: `./types/${ENTRY.replace(/\.ts$/, '.d.ts')}`, default: './index.js' },
          './package.json': './package.json',
        },
        sideEffects: false,
        // A page that uses the same package shares it.
        dependencies: Object.fromEntries(
          Object.entries(imported(bundle.metafile, manifest)).map(([name, version]) => [name, `^${version}`]),
        ),
      }),
    ],
    ...papers(root, ROOM),
  ]);
  for (const { path: file, contents } of bundle.outputFiles) files.set(path.basename(file), contents);
  for (const [name, text] of types) files.set(`types/${name}`, text);
  return files;
}

/** The other entries are named, not taken in. */
const apart: Plugin = {
  name: 'apart',
  setup: ({ initialOptions, onResolve }) => {
    onResolve({ filter: /^\..*\.ts$/ }, ({ kind, path: name, resolveDir }) => {
      const file = path.relative(initialOptions.absWorkingDir ?? '', path.join(resolveDir, name));
      if (kind === 'entry-point' || !APART.includes(file)) return undefined;
      return { path: `./${path.basename(file, '.ts')}.js`, external: true };
    });
  },
};
