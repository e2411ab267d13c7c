/** What a session returned, as files: each asset that its outputs name, under a name that says where it is from. */
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '../../client/client.ts';
import type { QueueClient } from '../../client/queue.ts';
import type { ItemOutputs } from '../../contract/queue/item.ts';

export interface NamedAsset {
  /** `node` for its field `image`, else `node-field`, and a number within a list. */
  label: string;
  asset_name: string;
}

/** Every asset in the outputs, in order. */
export function assetsOf({ outputs }: Pick<ItemOutputs, 'outputs'>): NamedAsset[] {
  return outputs.flatMap(({ invocation_id, result }) =>
    Object.entries(result).flatMap(([field, value]) => {
      const label = field === 'image' ? invocation_id : `${invocation_id}-${field}`;
      const list = Array.isArray(value) ? value : [value];
      return list.flatMap((each: unknown, index) => {
        const asset_name = assetNameOf(each);
        return asset_name === null ? [] : [{ label: list.length > 1 ? `${label}-${index + 1}` : label, asset_name }];
      });
    }),
  );
}

function assetNameOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null;
  if ('image_name' in value && typeof value.image_name === 'string') return value.image_name;
  if ('asset_name' in value && typeof value.asset_name === 'string') return value.asset_name;
  return null;
}

/** Writes an asset to `stem` with the ending of its type; returns the file's path. */
export async function writeAsset(client: Client, queue: QueueClient, assetName: string, stem: string): Promise<string> {
  const { bytes, content_type } = await client.assets.download(assetName, { queue_id: queue.queue_id });
  const file = `${stem}.${endingOf(content_type)}`;
  const part = `${file}.part`;
  try {
    // Whoever sees the name sees all of it, whenever this process ends.
    await writeFile(part, bytes);
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  return file;
}

const endingOf = (contentType: string): string => {
  const [, kind = 'bin'] = /^[a-z]+\/([a-z0-9]+)/.exec(contentType) ?? [];
  return { jpeg: 'jpg', plain: 'txt', octet: 'bin', mpeg: 'mp3' }[kind] ?? kind;
};

/** Where the outputs of an item go; ids of nodes may hold `:` and `#`, which not every file system takes. */
export const outputStem = (folder: string, itemId: number, { label }: NamedAsset): string =>
  path.join(folder, `${String(itemId).padStart(6, '0')}-${label.replaceAll(/[^A-Za-z0-9_.,-]/g, '_')}`);
