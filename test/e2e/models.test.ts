/** A model's way from a client through the store to a runner, and what a runner keeps of it. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createClient } from '../../client/client.ts';
import type { Item } from '../../contract/queue/item.ts';
import { modelFiles } from '../../infra/local/model-folder.ts';
import type { LocalSystem } from '../../infra/local/system.ts';
import { CAN_SEE_PROCESSES, Command, ROOT, scratch } from './support/command.ts';
import { localEdge } from './support/local-edge.ts';

const RUNNER = ['--disable-warning=ExperimentalWarning', path.join(ROOT, 'gpu-runner/main.ts')];

const runner = ({ url, runner_key }: LocalSystem, cache: string, ...more: string[]) =>
  new Command(
    process.execPath,
    [...RUNNER, '--url', url, '--key', runner_key, '--device', 'cpu', '--cache', cache, ...more],
    { SWITCHYARD_LOG_LEVEL: 'info' },
  );

/** A model of its own, of blazeface's file and an external one that it does not need. */
async function publish(system: LocalSystem, key: string): Promise<string> {
  const folder = scratch();
  writeFileSync(path.join(folder, 'model.onnx'), readFileSync(path.join(ROOT, 'models/blazeface/model.onnx')));
  writeFileSync(path.join(folder, 'model.onnx_data'), Buffer.alloc(300_000, key));
  const files = await modelFiles('onnx', folder);
  return (await createClient(system).models.publish({ key, type: 'onnx', base: 'test', files })).hash;
}

async function describeModel(system: LocalSystem, key: string): Promise<unknown> {
  const queue = createClient(system).queue();
  const graph = { nodes: { describe: { type: 'onnx_info', model: { key }, use_cache: false } } };
  const { item_id } = await queue.enqueueGraph({ graph });
  for (;;) {
    const address = `${system.url}/api/v1/queue/default/i/${item_id}?wait=20`;
    const answer = await fetch(address, { headers: { authorization: `Bearer ${system.key}` } });
    const { status, error_message } = (await answer.json()) as Item;
    if (['completed', 'failed'].includes(status)) return status === 'completed' ? status : error_message;
  }
}

async function end(command: Command): Promise<void> {
  command.kill('SIGTERM');
  expect((await command.ended).code, command.output()).toBe(0);
}

describe.runIf(CAN_SEE_PROCESSES)('a model that was uploaded', () => {
  test('is downloaded once, and a runner that starts again has it', { timeout: 120_000 }, async () => {
    const system = await localEdge();
    const hash = await publish(system, 'mine');
    const cache = scratch();
    const first = runner(system, cache);
    expect(await describeModel(system, 'mine')).toBe('completed');
    expect(first.output()).toContain('downloading a model');
    await end(first);
    const files = ['model.onnx', 'model.onnx_data'].map((name) => path.join(cache, 'models', hash, name));
    const inodes = files.map((file) => statSync(file).ino);
    const second = runner(system, cache);
    expect(await describeModel(system, 'mine')).toBe('completed');
    expect(second.output()).toContain('device ready');
    expect(second.output()).not.toContain('downloading a model');
    expect(files.map((file) => statSync(file).ino)).toEqual(inodes);
    await end(second);
  });

  test('gives its room on disk to another one, and is in memory still', { timeout: 120_000 }, async () => {
    const system = await localEdge();
    const hashes = { a: await publish(system, 'a'), b: await publish(system, 'b') };
    const cache = scratch();
    const limited = runner(system, cache, '--model-disk', '1MB');
    for (const key of ['a', 'b', 'a']) expect(await describeModel(system, key)).toBe('completed');
    const there = (key: 'a' | 'b') => statSync(path.join(cache, 'models', hashes[key]), { throwIfNoEntry: false });
    expect([there('a') !== undefined, there('b') !== undefined]).toEqual([false, true]);
    await end(limited);
  });
});
