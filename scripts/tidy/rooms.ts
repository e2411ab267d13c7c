// Who may import whom (the README's picture of the parts, as data), and which packages a room may use.
import path from 'node:path';
import { type Fault, imports, isCode, isTest, type SourceFile } from './source.ts';

/** A room's code imports these places and no others. A longer key speaks for its folder alone. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  contract: ['contract'],
  graph: ['contract', 'graph'],
  edge: ['contract', 'graph', 'edge'],
  'gpu-runner': ['contract', 'graph', 'gpu-runner'],
  client: ['contract', 'graph', 'client'],
  cli: ['contract', 'graph', 'client', 'cli', 'infra/local', 'scripts/bootstrap.mjs'],
  // It bundles the edge and starts the runner by their paths: it imports neither.
  infra: ['contract', 'client', 'infra'],
  scripts: ['scripts'],
};

/** What a unit test beside its source may use in addition. */
const TESTS_MAY_IMPORT = ['test/support'];

export interface Manifest {
  name?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const isWithin = (file: string, place: string): boolean => file === place || file.startsWith(`${place}/`);
const roomOf = (file: string): string | undefined =>
  Object.keys(MAY_IMPORT)
    .concat('test')
    .find((room) => isWithin(file, room));

export function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}

const isPlatform = (specifier: string): boolean => /^(?:node|cloudflare|virtual):/.test(specifier);

export function importDirections(files: SourceFile[]): Fault[] {
  const faults: Fault[] = [];
  for (const file of files.filter((each) => isCode(each.path))) {
    const room = roomOf(file.path);
    if (room === undefined || room === 'test') continue;
    const allowed = [...(MAY_IMPORT[room] ?? []), ...(isTest(file.path) ? TESTS_MAY_IMPORT : [])];
    for (const { specifier, line } of imports(file.text)) {
      if (specifier.startsWith('@switchyard/')) {
        faults.push({ path: file.path, line, message: `imports ${specifier}: rooms import each other by path` });
      }
      if (!specifier.startsWith('.')) continue;
      const target = path.posix.join(path.posix.dirname(file.path), specifier);
      if (!allowed.some((place) => isWithin(target, place))) {
        faults.push({ path: file.path, line, message: `${room} must not import ${target}` });
      }
    }
  }
  return faults;
}

/** Tests and the settings of tools run only in a checkout, where the root's packages are. */
const usesTools = (file: string): boolean => isTest(file) || file.endsWith('.config.ts');

/**
 * A room declares every package that its own code uses and that the code it pulls in from other rooms uses, so that it
 * can be installed alone; tests also use what the root declares for everybody.
 */
export function declaredPackages(files: SourceFile[], manifests: Map<string, Manifest>): Fault[] {
  const faults: Fault[] = [];
  const byPath = new Map(files.map((file) => [file.path, imports(file.text)] as const));
  const tools = manifests.get('')?.devDependencies ?? {};
  for (const [room, manifest] of manifests) {
    if (room === '') continue;
    const declared = manifest.dependencies ?? {};
    const seen = new Set<string>();
    const visit = (file: string, via: string) => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const { specifier, line } of byPath.get(file) ?? []) {
        if (specifier.startsWith('.')) {
          const target = path.posix.join(path.posix.dirname(file), specifier);
          // `switchyard up` loads infra/local when it is there; what that uses is declared by infra alone.
          if (room === 'cli' && isWithin(target, 'infra')) continue;
          visit(target, isWithin(target, room) ? '' : ` (used by ${room})`);
        } else if (!isPlatform(specifier)) {
          const name = packageOf(specifier);
          const known = name in declared || (usesTools(file) && name in tools);
          if (!known) faults.push({ path: file, line, message: `${room}/package.json does not declare ${name}${via}` });
        }
      }
    };
    for (const file of files) if (isCode(file.path) && isWithin(file.path, room)) visit(file.path, '');
  }
  return faults;
}

/** One version of a package in the whole repository, written exactly. */
export function exactVersions(manifests: Map<string, Manifest>): Fault[] {
  const faults: Fault[] = [];
  const first = new Map<string, { version: string; room: string }>();
  for (const [room, manifest] of manifests) {
    const at = path.posix.join(room, 'package.json');
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) {
        faults.push({ path: at, message: `${name} is not pinned to one version: ${version}` });
      }
      const other = first.get(name);
      if (other === undefined) first.set(name, { version, room });
      else if (other.version !== version) {
        faults.push({ path: at, message: `${name} ${version} here, ${other.version} in ${other.room || 'the root'}` });
      }
    }
  }
  return faults;
}
