/** What a session returned, as files: each asset that its outputs name, under a name that says where it is from. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '../../client/client.ts';
import type { QueueClient } from '../../client/queue.ts';
import type { ItemOutputs } from '../../contract/queue/item.ts';
import { DEFAULT_NAME, nameTemplate } from './output-name.ts';

const defaultName = nameTemplate(DEFAULT_NAME, { nodes: {} });

export interface NamedAsset {
  /** The invocation's `node`, or `node_0,2` with its iteration; behind it `-field` unless that is `image`, and a number within a list. */
  label: string;
  asset_name: string;
}

/** Every asset in the outputs, in order. Iterations are numbered in as many digits as the longest of their node needs. */
export function assetsOf({ outputs }: Pick<ItemOutputs, 'outputs'>): NamedAsset[] {
  const digits = new Map<string, number[]>();
  for (const { invocation_id } of outputs) {
    const [node = '', iteration] = invocation_id.split('#');
    const widths = digits.get(node) ?? [];
    iteration?.split(',').forEach((number, depth) => {
      widths[depth] = Math.max(widths[depth] ?? 0, number.length);
    });
    digits.set(node, widths);
  }
  return outputs.flatMap(({ invocation_id, result }) => {
    const [node = '', iteration] = invocation_id.split('#');
    const numbers = iteration?.split(',').map((number, depth) => number.padStart(digits.get(node)?.[depth] ?? 0, '0'));
    const invocation = numbers === undefined ? node : `${node}_${numbers.join(',')}`;
    return Object.entries(result).flatMap(([field, value]) => {
      const label = field === 'image' ? invocation : `${invocation}-${field}`;
      const list = Array.isArray(value) ? value : [value];
      return list.flatMap((each: unknown, index) => {
        const asset_name = assetNameOf(each);
        const number = String(index + 1).padStart(String(list.length).length, '0');
        return asset_name === null ? [] : [{ label: list.length > 1 ? `${label}-${number}` : label, asset_name }];
      });
    });
  });
}

function assetNameOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null;
  if ('image_name' in value && typeof value.image_name === 'string') return value.image_name;
  if ('asset_name' in value && typeof value.asset_name === 'string') return value.asset_name;
  return null;
}

interface Writing {
  signal?: AbortSignal;
  /** Take the place of what is there. */
  replace?: boolean;
}

/**
 * Writes an asset to `stem` with the ending of its type; returns the file's path. Unless it is to be replaced what is
 * there stays: another file gets a number behind its name, and the same one is not written again.
 */
export async function writeAsset(
  client: Client,
  { queue_id }: QueueClient,
  name: string,
  stem: string,
  { signal, replace = false }: Writing = {},
): Promise<string> {
  const { bytes, content_type } = await client.assets.download(name, { queue_id, signal });
  for (let number = 1; ; number++) {
    const file = `${stem}${number === 1 ? '' : `-${number}`}.${endingOf(content_type)}`;
    if (!replace && (await isFile(file, bytes))) return file;
    try {
      await whole(file, bytes, (part) => (replace ? rename(part, file) : appear(part, file)));
      return file;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

/** Where the outputs of an item go unless a template says so. */
export const outputStem = (folder: string, item_id: number, { label }: NamedAsset): string =>
  path.join(folder, defaultName({ item_id, label, field_values: [] }));

/** Whoever sees the name sees all of it, whenever this process ends. */
async function whole(file: string, bytes: Uint8Array, finish: (part: string) => Promise<void>): Promise<void> {
  const part = `${file}.${randomUUID().slice(0, 8)}.part`;
  await mkdir(path.dirname(file), { recursive: true });
  try {
    await writeFile(part, bytes);
    await finish(part);
  } finally {
    await rm(part, { force: true });
  }
}

/** EEXIST when the name is taken: a link never takes the place of anything. Some file systems have none. */
async function appear(part: string, file: string): Promise<void> {
  try {
    await link(part, file);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' || (await readFile(file).catch(() => null)) !== null) throw taken(file);
    await rename(part, file);
  }
}

const taken = (file: string): Error => Object.assign(new Error(`${file} exists.`), { code: 'EEXIST' });

const isFile = async (file: string, bytes: Uint8Array): Promise<boolean> =>
  (await readFile(file).catch(() => null))?.equals(bytes) ?? false;

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

export const endingOf = (contentType: string): string => {
  const [, kind = 'bin'] = /^[a-z]+\/([a-z0-9]+)/.exec(contentType) ?? [];
  return { jpeg: 'jpg', plain: 'txt', octet: 'bin', mpeg: 'mp3' }[kind] ?? kind;
};
