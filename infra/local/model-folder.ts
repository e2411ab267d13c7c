/** A folder of model files on disk, as the client publishes it. */
import { createHash } from 'node:crypto';
import { createReadStream, openAsBlob } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ModelSource } from '../../client/models.ts';

const INDEX = 'model_index.json';

/**
 * The files of a diffusion model: its index and everything in the folders of the parts that the index names, so that
 * weights kept beside `model.onnx` come along, and training code, samples and readmes stay behind.
 */
export async function diffusionFiles(folder: string): Promise<ModelSource[]> {
  const index = JSON.parse(await readFile(path.join(folder, INDEX), 'utf8')) as Record<string, unknown>;
  const parts = Object.keys(index).filter((part) => Array.isArray(index[part]));
  const paths = [INDEX];
  for (const part of parts) {
    const entries = await readdir(path.join(folder, part), { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.isFile())
        paths.push(path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
    }
  }
  return Promise.all(paths.sort().map((each) => modelSource(folder, each)));
}

async function modelSource(folder: string, relative: string): Promise<ModelSource> {
  const file = path.join(folder, relative);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(file)) {
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return {
    path: relative,
    sha256: hash.digest('hex'),
    size,
    read: async (start, end) => (await openAsBlob(file)).slice(start, end),
  };
}
