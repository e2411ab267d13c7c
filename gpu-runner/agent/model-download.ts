/**
 * One file of a model, into its place: written under a `.part` name, hashed as it comes, taken up again where it broke
 * off, and given its own name only when its digest is right.
 */
import { createHash, type Hash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import type { Model, ModelFile } from '../../contract/store/model.ts';
import { backoffMs } from './backoff.ts';
import { type Clock, pause } from './clock.ts';
import { EdgeRefusal, retryAfterMs, told, verdictOf } from './edge-error.ts';
import type { ModelSource } from './model-source.ts';

/** Tries in a row that brought nothing new. */
export const BARREN_TRIES_MAX = 8;

/** Silence after which a transfer counts as broken. */
const SILENCE_MS = 30_000;

/** Reaches the node that waits for the model. */
export class ModelError extends Error {
  override name = 'ModelError';
}

export interface DownloadParts {
  source: ModelSource;
  clock: Clock;
  ending: AbortSignal;
}

/** `arrived` hears how many bytes of the file are here. */
export async function downloadFile(
  parts: DownloadParts,
  model: Model,
  file: ModelFile,
  folder: string,
  arrived: (bytes: number) => void = () => {},
): Promise<void> {
  const { clock, ending } = parts;
  const target = path.join(folder, file.path);
  const part = `${target}.part`;
  await fs.mkdir(path.dirname(target), { recursive: true }).catch((error: unknown) => {
    throw new ModelError(`${describe(model, file)} cannot be written: ${told(error)}`);
  });
  let wrong = 0;
  // More than ever before is progress: a store that has less than it should would else be asked for ever.
  let most = await sizeOf(part);
  for (let barren = 0; ; ) {
    try {
      if ((await fetchRest(parts, { model, file, part, arrived })) === file.sha256)
        return await fs.rename(part, target);
      await fs.rm(part);
      // Bytes may be damaged on the way once; twice the same is what the store has.
      if (++wrong >= 2) throw new ModelError(`${describe(model, file)} does not have the digest of its manifest`);
    } catch (error) {
      if (ending.aborted || error instanceof ModelError) throw error;
      if (isLocal(error)) throw new ModelError(`${describe(model, file)} cannot be written: ${told(error)}`);
      // The source has no such range: what is here is more than there is.
      if (error instanceof EdgeRefusal && error.status === 416) await fs.rm(part, { force: true });
      else if (verdictOf(error) !== 'retry') throw new ModelError(`${describe(model, file)}: ${told(error)}`);
      const size = await sizeOf(part);
      barren = size > most ? 0 : barren + 1;
      most = Math.max(most, size);
      if (barren >= BARREN_TRIES_MAX) throw new ModelError(`${describe(model, file)} does not arrive: ${told(error)}`);
      await pause(clock, backoffMs(barren, clock.random(), retryAfterMs(error)), ending);
    }
  }
}

const describe = (model: Model, file: ModelFile): string => `"${file.path}" of the model "${model.key}"`;

interface Rest {
  model: Model;
  file: ModelFile;
  part: string;
  arrived: (bytes: number) => void;
}

/** Fetches what is missing of the file; answers the digest of the whole. */
async function fetchRest(parts: DownloadParts, { model, file, part, arrived }: Rest): Promise<string> {
  const { source, clock, ending } = parts;
  const silence = new AbortController();
  const handle = await fs.open(part, 'a+');
  try {
    const { hash, size } = await hashed(handle);
    let [digest, at] = [hash, size];
    if (at < file.size || at === 0) {
      let watch = clock.later(SILENCE_MS, () => silence.abort());
      const signal = AbortSignal.any([ending, silence.signal]);
      try {
        const { from, chunks } = await source.open(model, file, at, signal);
        if (from !== at) {
          await handle.truncate(0);
          [digest, at] = [createHash('sha256'), 0];
        }
        for await (const chunk of chunks) {
          watch();
          watch = clock.later(SILENCE_MS, () => silence.abort());
          at += chunk.length;
          if (at > file.size) break;
          digest.update(chunk);
          // A plain write may take a part and say so, which a full disk makes it do.
          await handle.appendFile(chunk);
          arrived(at);
        }
      } finally {
        watch();
      }
    }
    if (at < file.size) throw new Error(`the transfer ended after ${at} of ${file.size} bytes`);
    // On the disk before it gets its name: a name that survives a power cut without its bytes would be a lie.
    await handle.sync();
    return at > file.size ? '' : digest.digest('hex');
  } finally {
    await handle.close();
  }
}

/** The running digest of what is there. */
async function hashed(handle: fs.FileHandle): Promise<{ hash: Hash; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of handle.createReadStream({ start: 0, autoClose: false })) {
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return { hash, size };
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await fs.stat(file)).size;
  } catch {
    return 0;
  }
}

/** Errors of this machine's disk, which no other try mends. */
const isLocal = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'EIO'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );
