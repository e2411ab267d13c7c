/** The verbs of the queue, of queues and of keys, against a whole system. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command as Program } from 'commander';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { defineAccountCommands } from '../../cli/commands/account.ts';
import { defineQueueCommands } from '../../cli/commands/queue.ts';
import type { ItemPage, ItemSummary } from '../../contract/queue/item.ts';
import type { CreateKeyResult } from '../../contract/store/key.ts';
import { LocalSystem } from '../../infra/local/system.ts';
import { cli, onlyJson } from './support/cli.ts';
import { Command, ROOT } from './support/command.ts';

const PATIENCE_MS = 60_000;

let system: LocalSystem;
let folder: string;
const file = (name: string) => path.join(folder, name);
const run = (...args: string[]) => cli(system, ...args);
/** Verbs that have printed their one line. */
const told = new Set<string>();
async function json<Value = Record<string, unknown>>(...args: string[]): Promise<Value> {
  const value = onlyJson<Value>(await run(...args, '--json'));
  told.add(args[0] ?? '').add(`${args[0]} ${args[1]}`);
  return value;
}

/** Until the test has ended, so that what fails does not stop the others. */
async function pause(): Promise<void> {
  onTestFinished(async () => void (await run('resume')));
  expect(await json('pause')).toMatchObject({ is_started: false });
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'switchyard-cli-'));
  const edge = (from: string, field: string, to: string, into: string) => ({
    source: { node_id: from, field },
    destination: { node_id: to, field: into },
  });
  const files = {
    'sum.json': {
      nodes: { sum: { id: 'sum', type: 'add', a: 1, b: 2 }, twice: { id: 'twice', type: 'mul', b: 2 } },
      edges: [edge('sum', 'value', 'twice', 'a')],
    },
    'picture.json': { nodes: { blank: { id: 'blank', type: 'blank_image', width: 16, height: 8 } }, edges: [] },
    'faulty.json': { nodes: { d: { id: 'd', type: 'div', a: 1, b: 0 } }, edges: [] },
    'wrong.json': { nodes: { d: { id: 'd', type: 'div', a: 'one' } }, edges: [] },
  };
  for (const [name, graph] of Object.entries(files)) writeFileSync(file(name), JSON.stringify(graph));
  const state = file('state');
  system = await LocalSystem.start({ state, port: 0, runners: 1, temporary: true });
}, PATIENCE_MS);

afterAll(async () => {
  await system?.kill();
  rmSync(folder, { recursive: true, force: true });
});

describe('work', () => {
  test('is enqueued, ordered, canceled, and waited for', { timeout: PATIENCE_MS }, async () => {
    await pause();
    const { item_ids, ...batch } = await json<{ item_ids: number[] }>(
      'enqueue',
      file('sum.json'),
      '--set',
      'sum.a=1..3',
      '--destination',
      'gallery',
      '--batch',
      'sweep',
    );
    expect(batch).toEqual({ batch_id: 'sweep', enqueued: 3, requested: 3 });
    const [first = 0, second = 0, third = 0] = item_ids.map(String);
    expect((await run('enqueue', file('sum.json'), '--batch', 'sweep')).code).toBe(4);

    expect(await json('position', `${third}`)).toMatchObject({ position: 2, total: 3 });
    expect(await json('priority', `${third}`, '5')).toMatchObject({ position: 0 });
    expect(await json('move', `${second}`, '--before', `${first}`)).toMatchObject({ position: 1 });
    expect((await run('position', `${second}`)).out).toBe(`item ${second}  1 run before it, of 3 pending\n`);
    expect(await json('cancel', `${first}`)).toEqual({ items: [{ item_id: Number(first), status: 'canceled' }] });

    const listed = await json<ItemPage>('list', '--batch', 'sweep');
    expect(listed.items.map(({ item_id, status }) => [item_id, status])).toEqual([
      [Number(third), 'pending'],
      [Number(second), 'pending'],
      [Number(first), 'canceled'],
    ]);
    expect(await json('list', '--limit', '1', '--oldest')).toMatchObject({ items: [{ item_id: 1 }], has_more: true });
    expect((await run('list', '--status', 'pending', '--ids')).out).toBe(`${third}\n${second}\n`);
    const table = await run('list', '--destination', 'gallery', '--limit', '2');
    expect(table.out).toMatch(/^item +status +what +values +user +age\n +\d+ +pending +gallery +sum\.a=3 +system/);
    expect(table.out).toMatch(/There are more: --limit 20, or --all\.\n$/);
    expect((await run('status')).out).toMatch(
      /paused: nothing starts until `switchyard resume`\n[\s\S]*2 pending {3}1 canceled/,
    );

    // It cannot end while nothing starts.
    expect((await run('get', `${third}`, '--wait', '0.1s')).code).toBe(6);
    expect(await json('resume')).toMatchObject({ is_started: true });
    const ended = await run('get', `${third}`, '--wait', '--json');
    expect(ended.code).toBe(0);
    expect(onlyJson(ended)).toMatchObject({
      status: 'completed',
      outputs: [{ result: { value: 5 } }, { result: { value: 10 } }],
      invocations: [{ type: 'add' }, { type: 'mul' }],
      stats: { runs: [{}] },
    });
    expect(await json('status')).toMatchObject({ runners: [{ name: 'runner-1' }] });
    expect((await run('runners')).out).toMatch(/^runner +name [\s\S]*\n\S+ +runner-1 +cpu +\d +connected/);
    expect(await json('runners')).toMatchObject([{ name: 'runner-1' }]);
    const shown = await run('get', `${third}`);
    expect(shown.out).toMatch(/^item \d+ {2}completed {2}ran [\s\S]*\nnodes\n {2}node +type +status +took +device\n/);
    expect(shown.out).toMatch(/\noutputs\n {2}sum +\{[\s\S]*\ntook\n/);
    expect(await json('get', `${third}`, '--session')).toMatchObject({ results: { sum: { value: 5 } } });
    expect(await json('get', `${third}`, '--nodes')).toMatchObject({ invocations: [{}, {}] });
    for (const [side, member] of [
      ['outputs', 'outputs'],
      ['logs', 'lines'],
      ['stats', 'runs'],
    ] as const) {
      expect(await json('get', `${third}`, `--${side}`)).toHaveProperty(member);
      expect((await run('get', `${third}`, `--${side}`)).code).toBe(0);
    }
  });

  test('that failed is shown with its error, waited for, and retried', { timeout: PATIENCE_MS }, async () => {
    const { item_ids } = await json<{ item_ids: number[] }>('enqueue', file('faulty.json'), '--batch', 'faulty');
    const [id] = item_ids.map(String);
    expect((await run('get', `${id}`, '--wait', '1m')).code).toBe(1);
    const shown = await run('get', `${id}`);
    expect(shown.code).toBe(0);
    expect(shown.out).toMatch(/\nerror\n {2}RangeError: cannot divide by zero[^\n]*\n {2} +at /);
    expect((await run('list', '--status', 'failed')).out).toMatch(/ failed .* RangeError: cannot divide by zero/);
    const { new_item_ids } = await json<{ new_item_ids: number[] }>('retry', '--batch', 'faulty');
    expect(new_item_ids).toEqual([Number(id) + 1]);
    expect((await run('get', `${new_item_ids[0]}`, '--wait')).code).toBe(1);
    expect((await run('retry', `${id}`)).out).toBe(`item ${id}  is item ${Number(id) + 2} now\n`);
  });

  test('leaves its assets in a folder', { timeout: PATIENCE_MS }, async () => {
    const { item_ids } = await json<{ item_ids: number[] }>('enqueue', file('picture.json'));
    const got = await json<{ files: string[] }>('get', `${item_ids[0]}`, '--wait', '--out', file('out'));
    expect(got.files).toHaveLength(1);
    expect(existsSync(`${got.files[0]}`)).toBe(true);
  });

  test('is removed only by who says so', { timeout: PATIENCE_MS }, async () => {
    const asked = await run('prune');
    expect(asked).toMatchObject({ code: 2, out: '' });
    expect(asked.err).toMatch(/Nobody can be asked here; add --yes to do it\./);
    expect((await json<{ deleted: number }>('prune', '--yes')).deleted).toBeGreaterThan(3);
    await pause();
    await run('enqueue', file('sum.json'), '--runs', '4');
    expect(await json('cancel', '--all', '--except-current')).toEqual({ canceled: 4 });
    await run('enqueue', file('sum.json'), '--runs', '2', '--destination', 'bin');
    expect(await json('cancel', '--destination', 'bin')).toEqual({ canceled: 2 });
    expect(await json('cancel', '--batch', 'nowhere')).toEqual({ canceled: 0 });
    expect(await json('clear', '--yes')).toEqual({ deleted: 6 });
    expect((await run('list')).out).toBe('No such items.\n');
  });
});

describe('what is refused', () => {
  test.each([
    [5, ['get', '99'], /There is no item 99 in queue default/],
    [5, ['list', '--queue', 'nowhere'], /There is no queue "nowhere"[\s\S]*--queue names another one/],
    [5, ['runners', 'drain', 'nobody'], /nobody/],
    [2, ['get', 'abc'], /whole number from 1/],
    [2, ['cancel'], /--batch ID, --destination TEXT, or --all/],
    [2, ['cancel', '1', '--all'], /in one way/],
    [2, ['move', '1'], /--before ID or --after ID/],
    [2, ['list', '--status', 'done'], /pending, in_progress/],
    [2, ['keys', 'create', 'x', '--scopes', 'fly'], /Some of read, enqueue/],
    [2, ['queues', 'set', 'default', '--set', 'max_queue_size=many'], /max_queue_size cannot be "many"/],
    [2, ['enqueue', 'nothere.json'], /nothere\.json cannot be read/],
    [4, ['queues', 'delete', 'default', '--yes'], /always exists; clear it instead/],
  ])('%d: %s', async (code, args, message) => {
    const end = await run(...args);
    expect(end).toMatchObject({ code, out: '' });
    expect(end.err).toMatch(message);
  });

  test('a graph with faults is, and each fault has its place', async () => {
    const end = await run('enqueue', file('wrong.json'));
    expect(end.code).toBe(4);
    expect(end.err).toMatch(/^ {2}\/batch\/graph\/nodes\/d\/a {2}/m);
  });
});

test('queues are made, shown, changed and deleted', async () => {
  const made = await json('queues', 'create', 'renders', '--set', 'order=fifo', '--set', 'max_user_pending=7');
  expect(made).toMatchObject({ queue_id: 'renders', settings: { order: 'fifo', max_user_pending: 7 } });
  expect(await json('queues', 'set', 'renders', '--set', 'max_user_pending=none')).toMatchObject({
    settings: { order: 'fifo', max_user_pending: null },
  });
  expect((await run('queues', 'show', 'renders')).out).toMatch(/\norder +fifo /);
  expect((await run('queues')).out).toMatch(/\nrenders +fifo/);
  expect(await json('queues')).toMatchObject([{ queue_id: 'default' }, { queue_id: 'renders' }]);
  expect(await json('queues', 'show', '--queue', 'renders')).toMatchObject({ queue_id: 'renders' });
  expect(await json('queues', 'delete', 'renders', '--yes')).toEqual({ queue_id: 'renders', deleted: true });
});

test('keys are made, shown once, rotated and revoked, and do what they allow', async () => {
  const made = await run(
    'keys',
    'create',
    'laptop',
    '--scopes',
    'read,enqueue',
    '--user',
    'ann',
    '--expires',
    '30d',
    '--rate-limit',
    '500/1m',
  );
  const [key = ''] = /\bsy_\w+/.exec(made.out) ?? [];
  const anns = (...args: string[]) => cli({ url: system.url, key }, ...args);
  expect(onlyJson(await anns('keys', 'current', '--json'))).toMatchObject({
    user_id: 'ann',
    scopes: ['read', 'enqueue'],
    rate_limit: { requests: 500, seconds: 60 },
  });
  const refused = await anns('pause');
  expect(refused).toMatchObject({ code: 4, out: '' });
  expect(refused.err).toMatch(/scope admin[\s\S]*switchyard keys current/);
  const listed = await run('keys');
  expect(listed.out).not.toContain(key);
  const [key_id = ''] = /^(\S+) +laptop /m.exec(listed.out) ?? [];
  const id = key_id.split(' ')[0] ?? '';
  // Others see that an item is there, and no more.
  const item = await json<{ item_ids: number[] }>('enqueue', file('sum.json'));
  expect(onlyJson<ItemSummary>(await anns('get', `${item.item_ids[0]}`, '--json'))).toMatchObject({
    user_id: 'redacted',
    outputs: [],
    stats: null,
  });
  const next = await json<CreateKeyResult>('keys', 'rotate', id, '--grace', '0');
  expect(next).toMatchObject({ name: 'laptop', user_id: 'ann' });
  expect(await anns('status')).toMatchObject({ code: 4, out: '' });
  expect(await json('keys', 'revoke', next.key_id)).toMatchObject({ key_id: next.key_id });
  expect((await json<unknown[]>('keys', '--all')).length).toBe((await json<unknown[]>('keys')).length + 2);
});

describe('as a process', () => {
  const COMMAND = `'${process.execPath}' --disable-warning=ExperimentalWarning '${path.join(ROOT, 'cli/main.ts')}'`;
  const shell = (line: string) =>
    new Command('bash', ['-c', line.replaceAll('switchyard', COMMAND)], {
      SWITCHYARD_URL: system.url,
      SWITCHYARD_KEY: system.key,
    });

  test('it ends with its code, asks nobody, and bears a reader who leaves', { timeout: PATIENCE_MS }, async () => {
    // Where CI is set, colour libraries give colours to pipes too.
    const ends = shell(`export CI=true; switchyard clear < /dev/null; echo "code $?"
      switchyard get 99; echo "code $?"
      switchyard get; echo "code $?"
      SWITCHYARD_URL=http://127.0.0.1:9 switchyard status; echo "code $?"`);
    await ends.ended;
    expect(ends.lines).toEqual(['code 2', 'code 5', 'code 2', 'code 3']);
    expect(ends.output()).not.toContain('\u001b');

    await pause();
    await run('enqueue', file('sum.json'), '--runs', '2000', '--batch', 'many');
    const left = shell('(switchyard list --all; echo "code $?" >&2) | head -n 1');
    await left.ended;
    expect(left.lines).toHaveLength(1);
    expect(left.errors).toEqual([expect.stringMatching(/^code (0|130)$/)]);
    expect(await json('cancel', '--batch', 'many')).toEqual({ canceled: 2000 });
  });

  const hasTerminal = existsSync('/usr/bin/script');
  test.runIf(hasTerminal)('colours and questions are for terminals', { timeout: PATIENCE_MS }, async () => {
    const onTerminal = (line: string) => shell(`script -qec "${line}" /dev/null < /dev/null`);
    const colored = onTerminal('stty cols 70; switchyard status');
    const plain = onTerminal('NO_COLOR=1 switchyard status');
    const dumb = onTerminal('TERM=dumb switchyard status');
    const asked = shell(`echo no | script -qec "switchyard clear" /dev/null`);
    await Promise.all([colored.ended, plain.ended, dumb.ended]);
    expect(await asked.ended).toMatchObject({ code: 130 });
    expect(asked.output()).toMatch(/remove every item with its results\? \[y\/N\][\s\S]*Nothing was changed\./);
    expect(colored.output()).toContain('\u001b[1mqueue default');
    expect(colored.output()).toMatch(/ago|now/);
    expect(plain.output()).not.toContain('\u001b[1m');
    expect(dumb.output()).not.toContain('\u001b');
    expect(dumb.output()).toMatch(/queue default/);
  });
});

test('every verb has printed one line of JSON', { timeout: PATIENCE_MS }, async () => {
  const made = await json<CreateKeyResult>('keys', 'create', 'program', '--scopes', 'read');
  expect(made.key).toMatch(/^sy_/);
  expect(await json('keys', 'current')).toMatchObject({ user_id: 'system' });
  const [runner] = await json<{ runner_id: string }[]>('runners');
  expect(await json('runners', 'drain', `${runner?.runner_id}`)).toMatchObject({ draining: true });
  const program = new Program();
  defineQueueCommands(program);
  defineAccountCommands(program);
  const verbs = program.commands.flatMap((verb) =>
    verb.commands.length === 0 ? [verb.name()] : verb.commands.map((each) => `${verb.name()} ${each.name()}`),
  );
  expect(verbs.length).toBeGreaterThan(20);
  for (const verb of verbs) expect(told).toContain(verb.replace(/ list$/, ''));
});
