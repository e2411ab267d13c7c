/** The page of examples/nodes, done: a folder outside the repository, a runner that brings it, an admin who decides. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createClient } from '../../client/client.ts';
import type { SessionView } from '../../contract/queue/item.ts';
import { deltaE, type Rgb, readPicture } from './support/color.ts';
import { CAN_SEE_PROCESSES, Command, describeProcess, ROOT, scratch, switchyard } from './support/command.ts';

const PATIENCE_MS = 120_000;
const FOLDER = path.join(ROOT, 'examples/nodes');

/** The lines of the page's shell blocks: what starts the system, and what follows. */
const [start = '', ...follows] = [
  ...readFileSync(path.join(FOLDER, 'README.md'), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g),
].flatMap(([, block = '']) => block.trim().split('\n'));

interface System {
  url: string;
  key: string;
  state: string;
}

async function up(folder: string): Promise<{ system: System; command: Command }> {
  const flags = ['--nodes', folder, '--namespace', 'acme', '--runners', '1', '--port', '0', '--json'];
  const command = switchyard('up', '--state', path.join(scratch(), 'state'), ...flags);
  return { system: JSON.parse(await command.line(/^\{"url"/)) as System, command };
}

/** A line of the page, with an output folder of its own. */
const typed = (line: string, { url, key }: System, out = scratch()): Command =>
  new Command('sh', ['-c', line.replace('--out images', `--out ${out}`)], { SWITCHYARD_URL: url, SWITCHYARD_KEY: key });

async function done(line: string, system: System): Promise<string> {
  const command = typed(line, system);
  expect((await command.ended).code, command.output()).toBe(0);
  return command.lines.join('\n');
}

/** What waits, as soon as a runner has announced as many. */
async function waiting(system: System, count: number) {
  const { catalogue } = createClient(system);
  for (;;) {
    const nodes = [];
    for await (const node of catalogue.customNodes('pending')) nodes.push(node);
    if (nodes.length >= count) return nodes;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe.runIf(CAN_SEE_PROCESSES)('nodes of a folder', () => {
  test('are refused, approved and run, as the page says', { timeout: PATIENCE_MS }, async () => {
    expect(start).toBe('npm start -- --nodes examples/nodes --namespace acme');
    const [pending = '', approvePalette = '', approveDither = '', run = ''] = follows;
    const folder = path.join(scratch(), 'elsewhere');
    cpSync(FOLDER, folder, { recursive: true });
    const { system, command } = await up(folder);
    await waiting(system, 2);

    const early = typed(run, system);
    expect((await early.ended).code).toBe(4);
    expect(early.output()).toContain('There is no node type "acme:palette".');
    expect(early.output()).toContain('once an admin has approved them');

    const shown = await done(pending, system);
    expect(shown).toContain('acme:palette@1.0.0  Palette\n  takes   image: image, count: integer\n');
    await done(approvePalette, system);
    await done(approveDither, system);
    expect(await done(pending, system)).toBe('No node waits.');

    const line = (await done(`${run} --json`, system)).split('\n').at(-1) ?? '';
    const { items } = JSON.parse(line) as {
      items: {
        item_id: number;
        files: string[];
        outputs: { result: { colors?: { r: number; g: number; b: number }[] } }[];
      }[];
    };
    const [item] = items;
    const colors = item!.outputs.flatMap(({ result }) => result.colors ?? []).map(({ r, g, b }): Rgb => [r, g, b]);
    expect(colors).toHaveLength(6);
    const made = await readPicture(item!.files[0]!);
    const cat = await readPicture(path.join(ROOT, 'test/support/photos/chelsea.png'));
    expect([made.width, made.height]).toEqual([cat.width, cat.height]);
    const palette = new Set(colors.map(String));
    const [of, is]: [number[], number[]] = [
      [0, 0, 0],
      [0, 0, 0],
    ];
    for (let y = 0; y < cat.height; y++)
      for (let x = 0; x < cat.width; x++) {
        if (!palette.has(String(made.at(x, y)))) throw new Error(`${made.at(x, y)} is not of the palette`);
        for (let channel = 0; channel < 3; channel++) {
          of[channel]! += cat.at(x, y)[channel]!;
          is[channel]! += made.at(x, y)[channel]!;
        }
      }
    // Dots make up for the colours that are missing: on the whole it is the same picture.
    const pixels = cat.width * cat.height;
    const mean = (sums: number[]) => sums.map((sum) => sum / pixels) as unknown as Rgb;
    expect(deltaE(mean(of), mean(is))).toBeLessThan(2);

    // What was enqueued with them stays as it is when they are rejected; only new work is refused.
    const queue = createClient(system).queue();
    const before = await queue.item(item!.item_id);
    await done(approveDither.replace('approve', 'reject'), system);
    expect((await typed(run, system).ended).code).toBe(4);
    const after = await queue.item(item!.item_id);
    expect(after).toEqual(before);
    expect((after.session as SessionView).results).toHaveProperty(['dither']);
    command.kill('SIGTERM');
    await command.ended;
  });

  test('that change while a runner runs are announced anew before they are run', { timeout: PATIENCE_MS }, async () => {
    const folder = path.join(scratch(), 'changing');
    cpSync(FOLDER, folder, { recursive: true });
    const { system, command } = await up(folder);
    await waiting(system, 2);
    const text = readFileSync(path.join(folder, 'palette.ts'), 'utf8');
    writeFileSync(path.join(folder, 'palette.ts'), text.replace("title: 'Palette'", "title: 'Colours'"));
    // Its device comes back with other nodes than the runner has announced.
    const device = command.processes().find((pid) => describeProcess(pid).includes('gpu-runner/device/main.ts'));
    process.kill(device!, 'SIGKILL');
    const nodes = await waiting(system, 3);
    expect(nodes[0]).toMatchObject({ type: 'acme:palette', version: '1.0.0', definition: { title: 'Colours' } });

    // The name says no longer which is meant.
    const approve = 'npx switchyard nodes approve acme:palette@1.0.0';
    const unclear = typed(approve, system);
    expect((await unclear.ended).code).toBe(2);
    expect(unclear.output()).toContain('There are several definitions of acme:palette@1.0.0; add --digest');
    expect(await done(`${approve} --digest ${nodes[0]!.digest.slice(0, 12)}`, system)).toContain(
      'approved: acme:palette',
    );
    const other = nodes.find(({ definition }) => definition.title === 'Palette');
    const taken = typed(`${approve} --digest ${other!.digest}`, system);
    expect((await taken.ended).code).toBe(4);
    expect(taken.output()).toContain('was approved with another definition');
    command.kill('SIGTERM');
    await command.ended;
  });

  test('that cannot be loaded keep a runner from starting, once', { timeout: PATIENCE_MS }, async () => {
    const folder = scratch();
    writeFileSync(path.join(folder, 'broken.ts'), "throw new Error('no luck today');\n");
    const { system, command } = await up(folder);
    await command.line(/runner-1 cannot start with these options/);
    expect(readFileSync(path.join(system.state, 'logs/runner-1.log'), 'utf8')).toContain(
      'broken.ts cannot be loaded: Error: no luck today',
    );
    command.kill('SIGTERM');
    await command.ended;
    expect(command.output().match(/runner-1/g)).toHaveLength(1);
  });
});

test('a folder without a namespace is a usage error, and the reverse', { timeout: PATIENCE_MS }, async () => {
  for (const flags of [
    ['--nodes', 'somewhere'],
    ['--namespace', 'acme'],
  ]) {
    const runner = switchyard('runner', '--url', 'http://127.0.0.1:9', '--key', 'k', ...flags);
    expect((await runner.ended).code).toBe(64);
    expect(runner.output()).toContain('--nodes FOLDER and --namespace NAME belong together');
    const system = switchyard('up', ...flags);
    expect((await system.ended).code).toBe(2);
    expect(system.output()).toContain('belong together');
  }
});
