import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** A file of a part of a model as people know it, "unet/config.json": where a runner keeps it is no one else's business. */
export const modelFileName = (path: string): string => `${basename(dirname(path))}/${basename(path)}`;

export const missingModelFile = (path: string): Error =>
  new Error(`the model has no ${modelFileName(path)}: install it anew, with all files of its export`);

/** The text of a file of a model. */
export async function readModelFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw missingModelFile(path);
    throw new Error(`the model's ${modelFileName(path)} cannot be read (${code})`);
  }
}

export async function readModelJson(path: string): Promise<unknown> {
  const text = await readModelFile(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`the model's ${modelFileName(path)} is no JSON: ${(error as Error).message}`);
  }
}
