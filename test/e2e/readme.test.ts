import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { CAN_SEE_PROCESSES, Command, ROOT, scratch, switchyard } from './support/command.ts';

const PATIENCE_MS = 120_000;

const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** The lines of the README's shell blocks, continued ones joined, comments taken off. */
const shellLines = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== ''),
);

/** The calls that the page of the HTTP API lists. */
const namedCalls = [
  ...readFileSync(path.join(ROOT, 'docs/http-api.md'), 'utf8').matchAll(/`(GET|POST|PUT|PATCH|DELETE) (\S+?)`/g),
].map(([, method, address = '']) => `${method} ${address.replace('…', '/api/v1/queue/{queue_id}')}`);

async function documentedCalls(url: string): Promise<string[]> {
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> };
  return Object.entries(paths).flatMap(([address, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${address}`),
  );
}

/** A command line as the shell reads it. */
const inShell = (line: string, environment: Record<string, string>): Command =>
  new Command('sh', ['-c', line], environment);

test('every npm script that the README names exists', () => {
  const named = [...readme.matchAll(/`?npm (?:run (\w+)|(start|test)\b)/g)].map(([, run, direct]) => run ?? direct);
  expect(named).toContain('demo');
  for (const script of named) expect(Object.keys(manifest.scripts)).toContain(script);
});

describe.runIf(CAN_SEE_PROCESSES)('the README', () => {
  test('shows options that its commands know', { timeout: PATIENCE_MS }, async () => {
    const verbs = { 'npm run demo': 'demo', 'npm start': 'up', 'npx switchyard runner': 'runner' };
    for (const [shown, verb] of Object.entries(verbs)) {
      const row = readme.split('\n').find((line) => line.startsWith(`| \`${shown} --`));
      const options = row?.split('`')[1]?.match(/--[a-z]+/g) ?? [];
      expect(options.length, shown).toBeGreaterThan(2);
      const help = switchyard(verb, '--help');
      await help.ended;
      for (const option of options) expect(help.output()).toContain(`${option} `.trimEnd());
    }
  });

  test('shows commands that work as they are written', { timeout: PATIENCE_MS }, async () => {
    const folder = scratch();
    const system = switchyard('up', '--port', '0', '--state', path.join(folder, 'state'), '--json');
    const { url, key } = JSON.parse(await system.line(/^\{"url"/)) as { url: string; key: string };
    expect(new Set(namedCalls)).toEqual(new Set(await documentedCalls(url)));
    expect(namedCalls).toHaveLength(new Set(namedCalls).size);
    const environment = { URL: url, KEY: key, SWITCHYARD_URL: url, SWITCHYARD_KEY: key };

    const curls = shellLines.filter((line) => line.startsWith('curl '));
    expect(curls).toHaveLength(2);
    const enqueue = inShell(curls[0]!, environment);
    await enqueue.ended;
    expect(JSON.parse(enqueue.output())).toMatchObject({ queue_id: 'default', item_id: 1 });
    const outputs = inShell(curls[1]!, environment);
    await outputs.ended;
    const { outputs: results } = JSON.parse(outputs.output()) as { outputs: object[] };
    expect(results).toMatchObject([{ result: { value: 42 } }]);

    const watch = inShell('exec npx switchyard watch', environment);
    const runs = shellLines.filter((line) => line.startsWith('npx switchyard run '));
    expect(runs).toHaveLength(2);
    const counts = [1, 16];
    for (const [index, line] of runs.entries()) {
      const images = path.join(folder, `images-${index}`);
      const run = inShell(line.replace('--out images', `--out ${images}`), environment);
      expect((await run.ended).code, run.output()).toBe(0);
      expect((await readdir(images)).filter((name) => name.endsWith('.png'))).toHaveLength(counts[index]!);
    }
    await watch.line(/item 2 completed/);
    watch.pressCtrlC();
    await watch.ended;
    await watch.nothingLeft(5_000);

    system.kill('SIGTERM');
    expect((await system.ended).code).toBe(0);
  });
});
