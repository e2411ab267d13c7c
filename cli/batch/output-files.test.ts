import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Client } from '../../client/client.ts';
import type { QueueClient } from '../../client/queue.ts';
import { assetsOf, outputStem, writeAsset } from './output-files.ts';

const output = (invocation_id: string, result: object) => ({
  ...{ invocation_id, invocation_source_id: invocation_id.split('#')[0] ?? '', type: 't' },
  result: { type: 'x', ...result },
});
const image = (image_name: string) => ({ image_name });

test('an asset is named by its node, its iteration, its field and its place in a list', () => {
  const outputs = [
    output('save', { image: image('a'), width: 3 }),
    output('many#0,2', { image: image('b') }),
    output('many#0,11', { image: image('c'), mask: image('d') }),
    output('lists', { collection: Array.from({ length: 10 }, (_, index) => image(String(index))) }),
    output('file', { file: { asset_name: 'f', content_type: 'text/plain' } }),
  ];
  const labels = assetsOf({ outputs }).map(({ label, asset_name }) => `${label}=${asset_name}`);
  expect(labels.slice(0, 5)).toEqual([
    'save=a',
    'many_0,02=b',
    'many_0,11=c',
    'many_0,11-mask=d',
    'lists-collection-01=0',
  ]);
  expect(labels.slice(-2)).toEqual(['lists-collection-10=9', 'file-file=f']);
});

/** Its bytes are its name. */
const client = {
  assets: { download: async (name: string) => ({ bytes: new TextEncoder().encode(name), content_type: 'text/plain' }) },
} as unknown as Client;
const queue = { queue_id: 'q' } as unknown as QueueClient;

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'switchyard-outputs-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('what is there is never written over, and the same is not written twice', async () => {
  const place = folder();
  const write = (name: string) => writeAsset(client, queue, name, path.join(place, 'sub/a'));
  const files = [await write('one'), await write('two'), await write('one'), await write('three')];
  expect(files.map((file) => path.basename(file))).toEqual(['a.txt', 'a-2.txt', 'a.txt', 'a-3.txt']);
  expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(['one', 'two', 'one', 'three']);
  expect(readdirSync(path.join(place, 'sub')).sort()).toEqual(['a-2.txt', 'a-3.txt', 'a.txt']);
});

test('several writers of one name at once lose nothing', async () => {
  const place = folder();
  const names = ['1', '2', '3', '4', '5', '6'];
  const files = await Promise.all(names.map((name) => writeAsset(client, queue, name, path.join(place, 'a'))));
  expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(names);
});

test('an item says where its outputs go', () => {
  expect(outputStem('out', 12, { label: 'my:node_0', asset_name: 'a' })).toBe(path.join('out', '000012-my_node_0'));
});

test('a name that is to be replaced is', async () => {
  const place = folder();
  writeFileSync(path.join(place, 'a.txt'), 'old');
  await writeAsset(client, queue, 'new', path.join(place, 'a'), { replace: true });
  expect(readdirSync(place)).toEqual(['a.txt']);
  expect(readFileSync(path.join(place, 'a.txt'), 'utf8')).toBe('new');
});
