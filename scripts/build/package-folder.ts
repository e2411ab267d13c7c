// A folder that can be published: what stands in it, and how it gets there. The same sources give the same bytes.
import * as fs from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import type { Metafile } from 'esbuild';

/** A package's files by their path in it, with forward slashes. */
export type PackageFiles = Map<string, string | Uint8Array>;

/** The workspace's own package.json, as far as the published one takes it over. */
export interface WorkspaceManifest {
  name: string;
  version: string;
  description: string;
  license: string;
  dependencies?: Record<string, string>;
}

export const readManifest = (root: string, room: string): WorkspaceManifest =>
  JSON.parse(fs.readFileSync(path.join(root, room, 'package.json'), 'utf8'));

/** What both packages say alike; the workspace's `private` stays behind. */
export const published = ({ name, version, description, license }: WorkspaceManifest) => ({
  name,
  version,
  description,
  license,
  keywords: ['switchyard', 'onnx', 'workflow', 'queue'],
  type: 'module',
  engines: { node: '>=20' },
});

/**
 * The versions of the packages that a bundle imports, and of no others: what else the workspace declares is for the
 * parts that are not in it.
 */
export function imported(metafile: Metafile, { name, dependencies = {} }: WorkspaceManifest): Record<string, string> {
  const specifiers = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const names = new Set(
    specifiers
      .filter((each) => each.external && !each.path.startsWith('.') && !isBuiltin(each.path))
      .map((each) => each.path.match(/^(?:@[^/]+\/)?[^/]+/)?.[0] ?? each.path),
  );
  for (const each of names)
    if (!(each in dependencies)) throw new Error(`${name} imports ${each}, and does not declare it.`);
  return Object.fromEntries(Object.entries(dependencies).filter(([each]) => names.has(each)));
}

export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The licence of the repository and the room's own README. */
export const papers = (root: string, room: string): [string, Uint8Array][] => [
  ['LICENSE', fs.readFileSync(path.join(root, 'LICENSE'))],
  ['README.md', fs.readFileSync(path.join(root, room, 'README.md'))],
];

/** Replaces what stood in the folder: of an earlier build nothing stays. */
export function writePackage(folder: string, files: PackageFiles): void {
  fs.rmSync(folder, { recursive: true, force: true });
  for (const [name, content] of files) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const isProgram = Buffer.from(content).subarray(0, 2).toString() === '#!';
    fs.writeFileSync(file, content, { mode: isProgram ? 0o755 : 0o644 });
  }
}
