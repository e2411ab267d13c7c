// The size and the names of files, and what must not stand in them.
import { type Fault, isCode, lineOf, type SourceFile } from './source.ts';

export const LINES_AT_MOST = 400;
export const LINES_WORTH_A_LOOK = 250;
export const BYTES_AT_MOST = 5_000_000;

const lines = (file: SourceFile): number => file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0);

export function longFiles(files: SourceFile[]): Fault[] {
  return files
    .filter((file) => isCode(file.path) && lines(file) > LINES_AT_MOST)
    .map((file) => ({ path: file.path, message: `has ${lines(file)} lines; ${LINES_AT_MOST} are the most` }));
}

export function worthALook(files: SourceFile[]): string[] {
  return files
    .filter((file) => isCode(file.path) && lines(file) > LINES_WORTH_A_LOOK)
    .map((file) => `${file.path} (${lines(file)})`);
}

/** A drawer for everything else says nothing about what is in it. */
const DRAWER = /(?:^|\/)(?:utils?|lib|common|helpers?|misc)(?:\/|\.[a-z.]+$)/;

export function drawers(paths: string[]): Fault[] {
  return paths
    .filter((path) => DRAWER.test(path))
    .map((path) => ({ path, message: 'is a drawer: name it by the noun it holds' }));
}

export function largeFiles(sizes: Map<string, number>): Fault[] {
  return [...sizes]
    .filter(([path, bytes]) => bytes > BYTES_AT_MOST && !path.endsWith('.onnx'))
    .map(([path, bytes]) => ({ path, message: `has ${bytes} bytes; only *.onnx may have over ${BYTES_AT_MOST}` }));
}

/** Written in pieces so that this file does not find itself. */
const MACHINE: readonly [RegExp, string][] = [
  [new RegExp('(?<![\\w./:-])/(?:wo' + 'rk|ro' + 'ot)/[\\w.]', 'g'), 'a path of one machine'],
  [/(?<![\w./:-])\/(?:home|Users)\/(?!runner\/|node\/)\w+\//g, 'a path of one machine'],
  [
    new RegExp('\\bregistry\\.(?:npmjs|yarnpkg)\\.' + '[a-z]+|/(?:npm|artifactory)/api/' + 'npm', 'g'),
    'a package registry',
  ],
];

export function machineTraces(files: SourceFile[]): Fault[] {
  const faults: Fault[] = [];
  for (const file of files) {
    for (const [pattern, what] of MACHINE) {
      for (const match of file.text.matchAll(pattern)) {
        faults.push({ path: file.path, line: lineOf(file.text, match.index), message: `names ${what}: ${match[0]}` });
      }
    }
  }
  return faults;
}

/** The lockfile says what to install, not where it came from; a workspace's link is a path, never an address. */
export function lockfileHosts(lockfile: SourceFile | undefined): Fault[] {
  if (lockfile === undefined) return [];
  return [...lockfile.text.matchAll(/"resolved": "[^"]*:\/\/[^"]*"/g)].map((match) => ({
    path: lockfile.path,
    line: lineOf(lockfile.text, match.index),
    message: 'names a host: set omit-lockfile-registry-resolved (see .npmrc) and lock again',
  }));
}
