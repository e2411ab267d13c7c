/** A folder of model files on disk, as the client publishes it. */
import { createHash } from 'node:crypto';
import { createReadStream, openAsBlob } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ModelSource, PublishOptions } from '../../client/models.ts';

type ModelType = PublishOptions['type'];

/** What is hashed at a time. */
const CHUNK_BYTES = 1024 * 1024;

export const INDEX = 'model_index.json';

/** The files of a model that its loader reads; training code, samples, readmes and licences stay behind. */
export async function modelFiles(type: ModelType, folder: string): Promise<ModelSource[]> {
  return Promise.all((await modelPaths(type, folder)).map((each) => modelSource(folder, each)));
}

/** The same as paths within the folder, in order. */
export async function modelPaths(type: ModelType, folder: string): Promise<string[]> {
  const paths = type === 'diffusion' ? await diffusionPaths(folder) : await onnxPaths(folder);
  return paths.filter((each) => !each.split('/').some((name) => name.startsWith('.'))).sort();
}

/** The index and everything in the folders of the parts that it names, so that weights beside `model.onnx` come along. */
async function diffusionPaths(folder: string): Promise<string[]> {
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
  return paths;
}

/** The .onnx file, what is named after it (`model.onnx_data`), and config.json. */
async function onnxPaths(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  return names.filter((name) => name.includes('.onnx') || name === 'config.json');
}

export interface Reading {
  signal?: AbortSignal;
  /** So many more bytes were read. */
  onRead?: (bytes: number) => void;
}

/** A file with its digest, which is read through once; its bytes stay on disk. */
export async function modelSource(
  folder: string,
  relative: string,
  { signal, onRead }: Reading = {},
): Promise<ModelSource> {
  const file = path.join(folder, relative);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    signal?.throwIfAborted();
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
    onRead?.((chunk as Buffer).length);
  }
  return {
    path: relative,
    sha256: hash.digest('hex'),
    size,
    read: async (start, end) => (await openAsBlob(file)).slice(start, end),
  };
}
