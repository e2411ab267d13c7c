/** What `models add` was pointed at: a folder or a file of this machine, as a model of the store. */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ModelSource, PublishOptions } from '../../client/models.ts';
import { NAME_PATTERN } from '../../contract/name-pattern.ts';
import { ModelFile } from '../../contract/store/model.ts';
import { INDEX, modelPaths, modelSource } from '../../infra/local/model-folder.ts';
import { UsageError } from '../exit-code.ts';
import { readable } from '../readable.ts';

type ModelType = PublishOptions['type'];

export interface LocalModel {
  key: string;
  type: ModelType;
  folder: string;
  /** Within the folder. */
  paths: string[];
  /** The same in the store. */
  names: string[];
  /** Bytes of all of them. */
  size: number;
}

/** Throws a UsageError for a place that is no model, or may be several. */
export async function localModel(
  place: string,
  given: { key?: string | undefined; type?: ModelType | undefined },
): Promise<LocalModel> {
  const isFolder = readable(place, () => statSync(place)).isDirectory();
  const folder = isFolder ? place : path.dirname(place);
  const type = given.type ?? (isFolder ? typeOf(place) : 'onnx');
  if (!isFolder && (type !== 'onnx' || !isOnnx(place)))
    throw new UsageError(`${place} is one file: that can be a model.onnx; name the folder of any other model.`);
  const paths = isFolder ? await folderPaths(type, place) : withData(folder, path.basename(place));
  const size = paths.reduce((sum, each) => sum + statSync(path.join(folder, each)).size, 0);
  // Weights beside a model are named in it, so only one that stands alone may have another name.
  const names = paths.length === 1 ? paths.map(plain) : paths;
  const refused = names.find((each) => !ModelFile.shape.path.safeParse(each).success);
  if (refused !== undefined)
    throw new UsageError(
      `"${refused}" cannot be a file of a model: names are of letters, digits, "_", ".", "+" and "-". Give it another.`,
    );
  return { key: given.key ?? keyOf(place), type, folder, paths, names, size };
}

/** Every file with its digest; `onRead` is told of bytes as they are hashed. */
export async function hashed(
  { folder, paths, names }: LocalModel,
  reading: { signal: AbortSignal; onRead: (bytes: number) => void },
): Promise<ModelSource[]> {
  const files: ModelSource[] = [];
  for (const [index, each] of paths.entries())
    files.push({ ...(await modelSource(folder, each, reading)), path: names[index] ?? each });
  return files;
}

const plain = (name: string): string => name.replaceAll(/[^A-Za-z0-9_.+-]+/g, '-').replace(/^[^A-Za-z0-9_]/, '_');

const isOnnx = (file: string): boolean => file.endsWith('.onnx');

const namesIn = (folder: string): string[] =>
  readable(folder, () => readdirSync(folder)).filter((name) => !name.startsWith('.'));

/** By what is in the folder, where that leaves no doubt. */
function typeOf(folder: string): ModelType {
  const names = namesIn(folder);
  if (names.includes(INDEX)) return 'diffusion';
  const models = names.filter(isOnnx);
  if (models.length === 1 || models.includes('model.onnx')) return 'onnx';
  if (models.length > 1)
    throw new UsageError(`${folder} holds ${models.length} models; name one of them: ${models.join(', ')}.`);
  throw new UsageError(
    `What ${folder} is cannot be told: it holds neither ${INDEX} nor an .onnx file. --type says it for sure.`,
  );
}

async function folderPaths(type: ModelType, folder: string): Promise<string[]> {
  try {
    const paths = await modelPaths(type, folder);
    if (paths.some(isOnnx)) return paths;
  } catch (error) {
    throw new UsageError(`${folder} cannot be read as ${type}: ${error instanceof Error ? error.message : error}`);
  }
  throw new UsageError(`${folder} holds no .onnx file where a model of type ${type} has one.`);
}

/** The file, and the weights that are named after it: `model.onnx_data`, `model.onnx.data`. */
const withData = (folder: string, name: string): string[] =>
  namesIn(folder)
    .filter((each) => each === name || each.startsWith(`${name}_`) || each.startsWith(`${name}.`))
    .sort();

/** The folder's name, or the file's unless that says nothing. */
function keyOf(place: string): string {
  const whole = path.resolve(place);
  const file = isOnnx(whole) ? path.basename(whole, '.onnx') : path.basename(whole);
  const name = isOnnx(whole) && file === 'model' ? path.basename(path.dirname(whole)) : file;
  const key = name.replaceAll(/[^A-Za-z0-9_.:-]+/g, '-').slice(0, 128);
  if (NAME_PATTERN.test(key)) return key;
  throw new UsageError(`No key can be made of "${name}"; give one with --as.`);
}
