import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AssetClient } from '../../client/assets.ts';
import { UsageError } from '../exit-code.ts';
import { LocalFile } from './assignment.ts';
import { storeFiles } from './stored-files.ts';

let folder: string;
const file = (name: string) => path.join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'switchyard-files-'));
  for (const name of ['b.PNG', 'a.jpg', 'notes.txt', 'weights.bin']) writeFileSync(file(name), name);
  mkdirSync(file('empty'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Takes the text of a file as its digest. */
const assets = {
  upload: async (bytes: Uint8Array, content_type: string) => ({
    asset_name: `${new TextDecoder().decode(bytes)} ${content_type}`,
  }),
} as unknown as AssetClient;
const store = (name: string) => storeFiles(assets, new LocalFile(file(name)), new AbortController().signal);

test('an image is named as an image, anything else as a file, by its ending', async () => {
  expect(await store('b.PNG')).toEqual([{ image_name: 'b.PNG image/png' }]);
  expect(await store('notes.txt')).toEqual([{ asset_name: 'notes.txt text/plain', content_type: 'text/plain' }]);
  expect(await store('weights.bin')).toEqual([
    { asset_name: 'weights.bin application/octet-stream', content_type: 'application/octet-stream' },
  ]);
});

test('a folder is its images, in the order of their names', async () => {
  expect(await store('')).toEqual([{ image_name: 'a.jpg image/jpeg' }, { image_name: 'b.PNG image/png' }]);
});

test('what cannot be read, and a folder without images, are usage errors', async () => {
  await expect(store('missing.png')).rejects.toThrow(UsageError);
  await expect(store('missing.png')).rejects.toThrow('missing.png cannot be read');
  await expect(store('empty')).rejects.toThrow('holds no images');
});
