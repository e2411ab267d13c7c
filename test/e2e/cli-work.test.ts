/** `run`, `watch` and the verbs of the stores, against a whole system with one runner. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../client/client.ts';
import type { Model } from '../../contract/store/model.ts';
import { LocalSystem } from '../../infra/local/system.ts';
import { cli, onlyJson } from './support/cli.ts';
import { CAN_SEE_PROCESSES, Command, ROOT } from './support/command.ts';
import { killEdge } from './support/local-edge.ts';

const PATIENCE_MS = 60_000;

interface RunSummary {
  batch_id: string;
  completed: number;
  failed: number;
  canceled: number;
  aborted?: true;
  items: {
    item_id: number;
    status: string;
    error: string | null;
    field_values: { value: unknown }[];
    files: string[];
    outputs?: { result: { value?: number } }[];
  }[];
}

let system: LocalSystem;
let folder: string;
const file = (name: string) => path.join(folder, name);
const run = (...args: string[]) => cli(system, ...args);
const json = async <Value = RunSummary>(...args: string[]) => onlyJson<Value>(await run(...args, '--json'));

const CLI = [process.execPath, '--disable-warning=ExperimentalWarning', path.join(ROOT, 'cli/main.ts')];
const environment = () => ({ SWITCHYARD_URL: system.url, SWITCHYARD_KEY: system.key });
const child = (...args: string[]) => new Command(CLI[0] ?? '', [...CLI.slice(1), ...args], environment());

/** In a terminal of 80 columns; whatever is written into `keys` is typed. */
function inTerminal(keys: string, ...args: string[]): Command {
  const line = [...CLI, ...args].map((arg) => `'${arg}'`).join(' ');
  execFileSync('mkfifo', [keys]);
  const shell = `exec 3<>"${keys}"; exec script -qefc "stty cols 80 rows 20; exec ${line}" /dev/null <&3`;
  return new Command('bash', ['-c', shell], { ...environment(), TERM: 'xterm-256color' });
}

/** Nothing waits and nothing runs. */
const isQuiet = async () => {
  const { pending, in_progress } = (await createClient(system).queue().status()).queue;
  return pending + in_progress === 0;
};

/** Of text to image, so many steps that somebody can interrupt it. */
const LONG = ['examples/text-to-image.json', '--set', 'seed=1..60', '--set', 'steps=30'];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'switchyard-cli-work-'));
  const sum = {
    nodes: { sum: { type: 'add', a: 1, b: 2 }, text: { type: 'string', value: '', is_intermediate: true } },
  };
  const picture = { nodes: { blank: { type: 'blank_image', width: 16, height: 8 } } };
  const faulty = { nodes: { quotient: { type: 'div', a: 1, b: 1 } } };
  for (const [name, graph] of Object.entries({ sum, picture, faulty }))
    writeFileSync(file(`${name}.json`), JSON.stringify(graph));
  writeFileSync(file('words.txt'), '# words\none\n\ntwo\n');
  system = await LocalSystem.start({ state: file('state'), port: 0, runners: 1, temporary: true });
}, PATIENCE_MS);

afterAll(async () => {
  await system?.kill();
  rmSync(folder, { recursive: true, force: true });
});

describe('a run', () => {
  test('is every combination of what is set, or goes in step', { timeout: PATIENCE_MS }, async () => {
    const words = `text.value=@${file('words.txt')}`;
    const product = await json('run', file('sum.json'), '--set', words, '--set', 'sum.b=1..3');
    expect(product).toMatchObject({ completed: 6, failed: 0, canceled: 0 });
    expect(product.items.map(({ field_values }) => field_values.map(({ value }) => value))).toEqual([
      ...['one', 'two'].flatMap((word) => [1, 2, 3].map((b) => [word, b])),
    ]);
    expect(product.items.map(({ outputs }) => outputs?.[0]?.result.value)).toEqual([2, 3, 4, 2, 3, 4]);
    const step = ['--set', words, '--set', 'b=10,20', '--zip', 'text.value,b', '--runs', '2'];
    const zipped = await json('run', file('sum.json'), ...step);
    expect(zipped.items.map(({ outputs }) => outputs?.[0]?.result.value)).toEqual([11, 21, 11, 21]);
  });

  test('writes what comes under names that say what it is, and over nothing', { timeout: PATIENCE_MS }, async () => {
    const args = ['run', file('picture.json'), '--set', 'width=8,16', '--out', file('out'), '--name', '{width}/{node}'];
    const first = await json(...args);
    expect(first.items.map(({ files }) => files)).toEqual([[file('out/8/blank.png')], [file('out/16/blank.png')]]);
    const { items } = await json(...args, '--set', 'height=4');
    expect(items.map(({ files }) => files)).toEqual([[file('out/8/blank-2.png')], [file('out/16/blank-2.png')]]);
    expect(readdirSync(file('out/8')).sort()).toEqual(['blank-2.png', 'blank.png']);
  });

  test('with a failure among it exits with 1, and says what failed', { timeout: PATIENCE_MS }, async () => {
    const { code, out } = await run('run', file('faulty.json'), '--set', 'b=0,1');
    expect(code).toBe(1);
    expect(out).toMatch(/item \d+ {2}failed {2}quotient\.b=0 .*zero/);
    expect(out).toMatch(/1 completed, 1 failed, /);
  });

  test('that makes no sense is a usage error, and changes nothing', { timeout: PATIENCE_MS }, async () => {
    const before = (await createClient(system).queue().status()).queue.total;
    for (const args of [
      [file('missing.json')],
      [file('sum.json'), '--set', 'a'],
      [file('sum.json'), '--set', 'a=1,2', '--zip', 'a,b'],
      [file('sum.json'), '--name', '../{item}'],
      [file('sum.json'), '--set', `text.value=@${file('nothing.txt')}`],
    ])
      expect([args, (await run('run', ...args)).code]).toEqual([args, 2]);
    expect((await createClient(system).queue().status()).queue.total).toBe(before);
  });

  test('that is over its time is canceled, and says so', { timeout: PATIENCE_MS }, async () => {
    const { code, out } = await run('run', ...LONG, '--timeout', '1.5s', '--json');
    expect(code).toBe(6);
    const { aborted, canceled } = JSON.parse(out) as RunSummary;
    expect([aborted, canceled > 0]).toEqual([true, true]);
    expect(await isQuiet()).toBe(true);
  });
});

describe.runIf(CAN_SEE_PROCESSES)('in a terminal', () => {
  test('a run shows a bar for all and a line for each session', { timeout: PATIENCE_MS }, async () => {
    const args = ['run', ...LONG.slice(0, 1), '--set', 'seed=1..3', '--set', 'steps=15', '--out', file('drawn')];
    const command = inTerminal(file('keys-run'), ...args);
    expect((await command.ended).code, command.output()).toBe(0);
    const shown = command.output();
    expect(shown).toMatch(/█+░+.* [0-2]\/3/);
    expect(shown).toMatch(/item +\d+ {2}denoise_latents +.*\d+%/);
    expect(shown).toMatch(/item \d+ .*completed/);
    // The cursor is back, and the area is gone but for what stays.
    expect(shown.slice(shown.lastIndexOf('\x1b[?25h'))).toMatch(/3 completed/);
    expect(readdirSync(file('drawn'))).toHaveLength(3);
  });

  test('watch shows the queue until q', { timeout: PATIENCE_MS }, async () => {
    const keys = file('keys-watch');
    const command = inTerminal(keys, 'watch');
    await command.line(/queue default.*1 runner/);
    await command.line(/\d+ .*completed.*/);
    writeFileSync(keys, 'q');
    expect((await command.ended).code, command.output()).toBe(0);
    expect(command.output()).toContain('\x1b[?1049l');
  });
});

describe.runIf(CAN_SEE_PROCESSES)('a run in the middle', () => {
  test('of which somebody presses Ctrl-C leaves nothing in the queue', { timeout: PATIENCE_MS }, async () => {
    const command = child('run', ...LONG);
    await command.line(/^item \d+ {2}completed/);
    command.pressCtrlC();
    expect((await command.ended).code, command.output()).toBe(130);
    expect(command.lines.at(-1)).toMatch(/^interrupted: \d+ completed, \d+ canceled, /);
    expect(await isQuiet()).toBe(true);
  });

  test('of which the service dies waits for it, and goes on', { timeout: PATIENCE_MS }, async () => {
    const command = child('run', ...LONG.slice(0, 1), '--set', 'seed=1..20', '--set', 'steps=15', '--json');
    await command.line(/^\d+\/20/);
    killEdge(system);
    await command.line(/is lost/);
    expect((await command.ended).code, command.output()).toBe(0);
    const { items, completed } = JSON.parse(command.lines.at(-1) ?? '') as RunSummary;
    expect([completed, items.length]).toEqual([20, 20]);
    for (const { outputs } of items) expect(outputs).toHaveLength(1);
  });
});

describe('the stores', () => {
  test('models go up once, and come out of the store again', { timeout: PATIENCE_MS }, async () => {
    const uploaded = async (...args: string[]) => json<Model & { uploaded_bytes: number }>('models', 'add', ...args);
    const tiny = path.join(ROOT, 'models/tiny-diffusion');
    expect(await uploaded(tiny, '--as', 'copy')).toMatchObject({ key: 'copy', type: 'diffusion', uploaded_bytes: 0 });
    const weights = readFileSync(path.join(ROOT, 'models/blazeface/model.onnx'));
    writeFileSync(file('my model.onnx'), Buffer.concat([weights, Buffer.from('\n')]));
    const size = weights.length + 1;
    expect(await uploaded(file('my model.onnx'))).toMatchObject({
      key: 'my-model',
      type: 'onnx',
      uploaded_bytes: size,
    });
    const again = await run('models', 'add', file('my model.onnx'));
    expect(again.out).toMatch(/^my-model \w{12} is ready: 1 file, 603 kB, onnx; nothing had to be sent\.\n$/);
    expect((await run('models')).out).toMatch(/^my-model +onnx +any +ready +1 +603 kB /m);
    expect((await run('models', 'show', 'my-model')).out).toMatch(/603 kB/);
    expect((await run('models', 'remove', 'my-model')).code).toBe(0);
    expect((await run('models', 'remove', 'my-model')).code).toBe(5);
    expect((await run('models', 'add', file('state'))).code).toBe(2);
  });

  test('files go up and come back as they were', { timeout: PATIENCE_MS }, async () => {
    const star = path.join(ROOT, 'examples/red-star.png');
    const [asset] = await json<{ asset_name: string; content_type: string }[]>('assets', 'upload', star);
    expect(asset).toMatchObject({ content_type: 'image/png' });
    const out = ['--out', file('star.png')];
    expect((await run('assets', 'get', asset!.asset_name, ...out)).code).toBe(0);
    expect(readFileSync(file('star.png'))).toEqual(readFileSync(star));
    writeFileSync(file('star.png'), 'mine');
    expect((await run('assets', 'get', asset!.asset_name, ...out)).code).toBe(2);
    expect(readFileSync(file('star.png'), 'utf8')).toBe('mine');
    expect((await run('assets', 'get', asset!.asset_name, ...out, '--force')).code).toBe(0);
    expect((await run('assets', 'get', 'f'.repeat(64))).code).toBe(5);
  });

  test('nodes are found and shown, each with a graph that runs', { timeout: PATIENCE_MS }, async () => {
    expect((await run('nodes', '--search', 'blur')).out).toMatch(/^ {2}img_blur +Blurs an image\.$/m);
    const { example } = await json<{ example: object }>('nodes', 'show', 'img_blur');
    writeFileSync(file('example.json'), JSON.stringify(example));
    expect(await json('run', file('example.json'))).toMatchObject({ completed: 1, failed: 0 });
    const unknown = await run('nodes', 'show', 'img_blurr');
    expect([unknown.code, unknown.err]).toEqual([5, expect.stringContaining('did you mean "img_blur"?')]);
    expect((await run('nodes', 'types')).out).toContain('export interface NodeTypes {');
  });
});
