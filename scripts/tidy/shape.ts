// The size and the names of files, what must not stand in them, and the tie between docs/rules.md and the tests.
import { type Fault, isCode, isGenerated, isTest, lineOf, type SourceFile } from './source.ts';

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

/** Every rule of docs/rules.md is carried by a test's title as `[R12]`, and every such number is a rule there. */
export function ruleTests(files: SourceFile[]): Fault[] {
  const document = files.find((file) => file.path === 'docs/rules.md');
  if (document === undefined) return [];
  const rules = new Map<string, number>();
  for (const match of document.text.matchAll(/^[ \t]*(?:[-*|#]+[ \t]*)?\*{0,2}\[?(R\d+)\b/gm)) {
    rules.set(match[1] ?? '', lineOf(document.text, match.index));
  }
  const tested = new Map<string, Fault>();
  for (const file of files.filter((each) => isTest(each.path) && !isGenerated(each.path))) {
    for (const match of file.text.matchAll(/\[(R\d+)\]/g)) {
      const number = match[1] ?? '';
      const line = lineOf(file.text, match.index);
      if (!tested.has(number)) tested.set(number, { path: file.path, line, message: `${number} is no rule` });
    }
  }
  const untested = [...rules].filter(([number]) => !tested.has(number));
  return [
    ...untested.map(([number, line]) => ({ path: document.path, line, message: `no test carries [${number}]` })),
    ...[...tested].filter(([number]) => !rules.has(number)).map(([, fault]) => fault),
  ];
}
