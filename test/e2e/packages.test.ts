/** What is published, as whoever installs it has it: in a project outside of the repository. */
import { readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LocalSystem } from '../../infra/local/system.ts';
import { cliPackage } from '../../scripts/build/cli-package.ts';
import { ROOT } from './support/command.ts';
import { elsewhere, installedProject, nodeOf, outside, type Packed, packCli, packClient } from './support/packages.ts';

/** Room for a busy machine. */
const PATIENCE_MS = 60_000;
/** Of all modules of the SDK, packed; were they more, something would be in them that does not belong there. */
const MODULE_BYTES_MAX = 120_000;

/** What the compiler knows, for the parts that run on a newer one. */
const NEWER_THAN_NODE_20 =
  /\b(URL\.parse|Promise\.(withResolvers|try)|(Object|Map)\.groupBy|Array\.fromAsync|RegExp\.escape|Iterator\.from|fs\.globSync)\b|(?<!\bz\d*)\.(union|intersection|difference|isSubsetOf|isSupersetOf|isDisjointFrom|toHex|fromHex)\(/;

const scratch = elsewhere();
const project = path.join(scratch.folder, 'project');
const oldest = await nodeOf(20);
let packages: { client: Packed; cli: Packed };
let starting: Promise<LocalSystem> | undefined;
let system: LocalSystem;

beforeAll(async () => {
  const install = async () => {
    const folder = path.join(scratch.folder, 'packages');
    const [client, cli] = await Promise.all([packClient(folder), packCli(folder)]);
    packages = { client, cli };
    await installedProject(project, [client, cli]);
  };
  const state = path.join(scratch.folder, 'state');
  starting = LocalSystem.start({ state, port: 0, runners: 1, temporary: true });
  [system] = await Promise.all([starting, install()]);
}, PATIENCE_MS);
afterAll(async () => {
  // Also one that was still starting when something else failed.
  await starting?.then((started) => started.kill()).catch(() => {});
  scratch.remove();
});

/** The names of what is in a package; a chunk's has a digest in it. */
const names = ({ files }: Packed) => files.map((file) => file.path.replace(/-[0-9A-Z]{8}\.js/, '-HASH.js'));

describe('what is in them', () => {
  test('the SDK: its modules with their maps, and declarations', () => {
    const all = names(packages.client);
    const types = all.filter((name) => /^types\/(client|contract|graph)\/[\w/-]+(\.generated)?\.d\.ts$/.test(name));
    expect(types).toContain('types/client/index.d.ts');
    expect(types.filter((name) => /test/.test(name))).toEqual([]);
    const others = all.filter((name) => !types.includes(name));
    const modules = ['check.js', 'edit.js', 'index.js', 'invokeai.js', 'shared-HASH.js'].flatMap((name) => [
      name,
      `${name}.map`,
    ]);
    expect(new Set(others)).toEqual(new Set(['LICENSE', 'README.md', 'package.json', ...modules]));
  });

  test('the command: one program, and modules that its verbs load', () => {
    const all = names(packages.cli);
    const verbs = all.filter((name) => /^verbs\/[\w-]+-HASH\.js$/.test(name));
    expect(all.filter((name) => !verbs.includes(name))).toEqual([
      'LICENSE',
      'README.md',
      'package.json',
      'switchyard.js',
    ]);
    expect(packages.cli.files.find((file) => file.path === 'switchyard.js')?.mode).toBe(0o755);
  });

  test.each(['client', 'cli'] as const)('nothing in %s names the machine that built it', (name) => {
    const { folder, files } = packages[name];
    for (const { path: file } of files) {
      const text = readFileSync(path.join(folder, file), 'utf8');
      for (const trace of [ROOT, scratch.folder, `${homedir()}/`]) expect(text, file).not.toContain(trace);
    }
  });

  test.each(['client', 'cli'] as const)('nothing in %s asks for more than Node 20 has', (name) => {
    const { folder, files } = packages[name];
    for (const { path: file } of files.filter((each) => each.path.endsWith('.js')))
      expect(readFileSync(path.join(folder, file), 'utf8'), file).not.toMatch(NEWER_THAN_NODE_20);
  });

  test('the same sources give the same bytes', async () => {
    const [one, other] = await Promise.all([cliPackage(ROOT), cliPackage(ROOT)]);
    expect([...one.keys()]).toEqual([...other.keys()]);
    for (const [file, content] of one)
      expect(Buffer.from(content).equals(Buffer.from(other.get(file) ?? '')), file).toBe(true);
  });

  test('the SDK is small', () => {
    const { folder, files } = packages.client;
    const modules = files.filter((file) => file.path.endsWith('.js'));
    const sizes = modules.map((file) => gzipSync(readFileSync(path.join(folder, file.path))).length);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(MODULE_BYTES_MAX);
  });
});

describe('how they are described', () => {
  test.each(['client', 'cli'] as const)('publint finds no fault in %s', async (name) => {
    const { messages, pkg } = await publint({ pkgDir: packages[name].folder, strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test('every compiler that can import the SDK finds its types', async () => {
    const checked = await checkPackage(createPackageFromTarballData(readFileSync(packages.client.tarball)));
    if (checked.types === false) throw new Error('It has no types.');
    // An ES module is nothing for a compiler that is to write CommonJS, or that knows no `exports`.
    const others = ['node10', 'node16-cjs'];
    const faults = checked.problems.filter(
      (fault) =>
        !('resolutionKind' in fault && others.includes(fault.resolutionKind)) &&
        !('resolutionOption' in fault && others.includes(fault.resolutionOption)),
    );
    expect(faults).toEqual([]);
    expect(checked.entrypoints['.']?.resolutions['node16-esm'].resolution?.fileName).toContain('client/index.d.ts');
  });
});

const CONSUMER = `
import { type Client, createClient, graph, ProblemError, type RunResult, type StreamFrame } from '@switchyard/client';

export async function sum(client: Client, a: number, b: number): Promise<unknown> {
  const queue = client.queue('default');
  const built = graph();
  const added = built.add('add', { a, b });
  built.add('number_to_string', { value: added.out.value });
  const result: RunResult = await queue.run(built, { onProgress: ({ node_id, percentage }) => [node_id, percentage] });
  for await (const frame of queue.events({ item_id: result.item_id, after: 0 })) {
    const seen: StreamFrame = frame;
    if (seen.name === 'queue_item_status_changed' && seen.status === 'completed') break;
  }
  const { outputs, status } = await queue.outputs(result.item_id);
  const isDone: boolean = status === 'completed';
  return [isDone, outputs[0]?.result];
}

export const codeOf = (error: unknown): string | null => (error instanceof ProblemError ? error.code : null);

export const client: Client = createClient({ url: 'http://127.0.0.1:1', key: 'k' });
// @ts-expect-error A key is needed.
createClient({ url: 'http://127.0.0.1:1' });
// @ts-expect-error What the service answers is not of any type.
client.queue().status().then((status) => status.nothing_of_the_kind);
// @ts-expect-error A word is no number.
graph().add('add', { a: 'two', b: 2 });
`;

test.each([
  ['nodenext', { module: 'nodenext', lib: ['es2023'], types: ['node'] }],
  ['bundler', { module: 'esnext', moduleResolution: 'bundler', lib: ['es2023', 'dom', 'dom.iterable'], types: [] }],
])("a program that uses the SDK's types compiles, libraries and all (%s)", async (name, options) => {
  const config = path.join(project, `tsconfig.${name}.json`);
  const typeRoots = [path.join(ROOT, 'node_modules/@types')];
  const compilerOptions = { strict: true, skipLibCheck: false, noEmit: true, target: 'es2022', typeRoots, ...options };
  writeFileSync(path.join(project, 'consumer.ts'), CONSUMER);
  writeFileSync(config, JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  const { code, stdout } = await outside(project, path.join(ROOT, 'node_modules/.bin/tsc'), ['-p', config]);
  expect(stdout).toBe('');
  expect(code).toBe(0);
});

const SCRIPT = `
import { checkGraph, createClient, graph, ProblemError } from '@switchyard/client';

const client = createClient({ url: process.env.URL, key: process.env.KEY });
const queue = client.queue();

const built = graph();
const sum = built.add('add', { a: 40, b: 2 });
built.add('number_to_string', { value: sum.out.value }, { id: 'text' });
const phases = [];
const result = await queue.run(built, { onProgress: ({ node_id, phase }) => phases.push(node_id + ' ' + phase) });

const seen = [];
for await (const frame of queue.events({ item_id: result.item_id, after: 0 })) {
  seen.push(frame.name);
  if (frame.name === 'queue_item_status_changed' && frame.status === 'completed') break;
}
const asset = await client.assets.upload(new TextEncoder().encode('from outside'), 'text/plain');
const { bytes } = await client.assets.download(asset.asset_name);
const refused = await client.queue('none-of-the-kind').status().catch((error) => error);
const wrong = graph();
wrong.add('add', { a: 'forty', b: 2 });
console.log(JSON.stringify({
  node: process.version,
  text: result.output('text').value,
  phases,
  seen,
  asset: new TextDecoder().decode(bytes),
  refused: refused instanceof ProblemError && refused.code,
  faults: checkGraph(wrong, await client.catalogue.get()).map(({ pointer }) => pointer),
}));
`;

describe(`on Node ${oldest.version}`, () => {
  const connection = () => ({
    URL: system.url,
    KEY: system.key,
    SWITCHYARD_URL: system.url,
    SWITCHYARD_KEY: system.key,
  });
  const command = (...args: string[]) =>
    outside(project, oldest.node, ['node_modules/@switchyard/cli/switchyard.js', ...args], connection());

  test('a script runs a graph, follows it, and stores an asset', async () => {
    writeFileSync(path.join(project, 'script.js'), SCRIPT);
    const { code, stdout, stderr } = await outside(project, oldest.node, ['script.js'], connection());
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const told = JSON.parse(stdout) as Record<'phases' | 'seen', string[]>;
    expect(told).toMatchObject({ node: oldest.version, text: '42', asset: 'from outside', refused: 'not_found' });
    expect(told).toMatchObject({ faults: ['/nodes/add/a'] });
    expect(told.phases.at(-1)).toBe('text completed');
    expect(told.seen[0]).toBe('hello');
    expect(told.seen).toContain('invocation_complete');
  });

  test('the program in its README does what it seems to', async () => {
    const readme = readFileSync(path.join(packages.client.folder, 'README.md'), 'utf8');
    const [, program = ''] = readme.match(/```ts\n([\s\S]*?)```/) ?? [];
    const own = program.replace('http://127.0.0.1:8787', system.url).replace('sy_…', system.key);
    writeFileSync(path.join(project, 'readme.js'), own);
    const { code, stdout, stderr } = await outside(project, oldest.node, ['readme.js']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toEqual(expect.arrayContaining(['add completed', '42']));
  });

  test('the command says what it can', async () => {
    const { code, stdout } = await command('--help');
    expect(code).toBe(0);
    for (const verb of ['run', 'watch', 'nodes']) expect(stdout).toMatch(new RegExp(`^ {2}${verb} `, 'm'));
    for (const verb of ['up', 'demo', 'runner']) expect(stdout).not.toMatch(new RegExp(`^ {2}${verb} `, 'm'));
    const { version } = JSON.parse(readFileSync(path.join(packages.cli.folder, 'package.json'), 'utf8'));
    expect(await command('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('the command runs a graph', async () => {
    const graph = { nodes: { sum: { id: 'sum', type: 'add', a: 1, b: 2 } } };
    writeFileSync(path.join(project, 'graph.json'), JSON.stringify(graph));
    const { code, stdout, stderr } = await command('run', 'graph.json', '--set', 'sum.a=5', '--json');
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({});
  });

  test('the command tells of the queue', async () => {
    const { code, stdout, stderr } = await command('status', '--json');
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ queue: { queue_id: 'default', failed: 0 } });
    const list = await command('list');
    expect(list.code, list.stderr).toBe(0);
    expect(list.stdout).toContain('completed');
  });

  test.each(['up', 'demo', 'runner'])('the command has no %s, and says where that is', async (verb) => {
    const { code, stderr } = await command(verb, '--port', '0');
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^\`switchyard ${verb}\` runs parts of the system, .* checkout .*\\n$`));
  });

  test('without a service the command says what is wrong', async () => {
    const { code, stderr } = await command('run', 'graph.json', '--url', 'http://127.0.0.1:1');
    expect(code).toBe(3);
    expect(stderr).toContain('No answer from http://127.0.0.1:1');
  });
});
