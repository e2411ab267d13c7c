/**
 * Model folders on this disk, `models/<hash>/` below the cache: each is complete or absent. A download goes into a
 * folder of this process, so that several runners can share a cache, and takes its name in one step when every file of
 * it is verified. What a dead process left behind is taken over and carried on.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Model, manifestText } from '../../contract/store/model.ts';
import type { ModelFolder } from '../device/messages.ts';
import { told } from './edge-error.ts';
import type { Log } from './log.ts';
import { type DownloadParts, downloadFile, ModelError } from './model-download.ts';
import { persist } from './persist.ts';

const FILES_AT_ONCE = 4;

export interface ModelStoreParts extends DownloadParts {
  cache: string;
  log: Log;
}

export class ModelStore {
  readonly #parts: ModelStoreParts;
  readonly #folder: string;
  readonly #loading = new Map<string, Promise<ModelFolder>>();
  /** By hash: models of several names may be the same files. */
  readonly #downloading = new Map<string, Promise<void>>();

  constructor(parts: ModelStoreParts) {
    this.#parts = parts;
    this.#folder = path.join(parts.cache, 'models');
  }

  /** The folder of a model; who asks while it is on its way waits for the same download. */
  folder(key: string, hash: string | undefined): Promise<ModelFolder> {
    const name = `${key}@${hash ?? ''}`;
    const loading = this.#loading.get(name) ?? this.#ensure(key, hash);
    this.#loading.set(name, loading);
    // A failure is not kept: the next session asks anew. Nor is a name without a hash, which may mean another model.
    loading.then(
      () => hash ?? this.#loading.delete(name),
      () => this.#loading.delete(name),
    );
    return loading;
  }

  async #ensure(key: string, hash: string | undefined): Promise<ModelFolder> {
    const { source } = this.#parts;
    const manifest = await persist(() => source.manifest(key, hash), this.#parts).catch((error: Error) => {
      throw new ModelError(`the model "${key}" cannot be had: ${told(error)}`);
    });
    check(manifest, hash);
    const folder = path.join(this.#folder, manifest.hash);
    if (!(await exists(folder))) await this.#downloadOnce(manifest, folder);
    return { folder, manifest };
  }

  #downloadOnce(manifest: Model, folder: string): Promise<void> {
    const { hash } = manifest;
    const downloading =
      this.#downloading.get(hash) ?? this.#download(manifest, folder).finally(() => this.#downloading.delete(hash));
    this.#downloading.set(hash, downloading);
    return downloading;
  }

  async #download(manifest: Model, folder: string): Promise<void> {
    const { log } = this.#parts;
    const bytes = manifest.files.reduce((sum, file) => sum + file.size, 0);
    log.info({ model: manifest.key, files: manifest.files.length, bytes }, 'downloading a model');
    const mine = await this.#partial(manifest.hash);
    const left = [...manifest.files];
    const workers = Array.from({ length: FILES_AT_ONCE }, async () => {
      for (let file = left.shift(); file; file = left.shift())
        if (!(await exists(path.join(mine, file.path)))) await downloadFile(this.#parts, manifest, file, mine);
    });
    const failed = (await Promise.allSettled(workers)).find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    await this.#publish(mine, folder);
    log.info({ model: manifest.key, folder }, 'the model is complete');
  }

  async #publish(mine: string, folder: string): Promise<void> {
    try {
      await fs.rename(mine, folder);
    } catch (error) {
      // Another runner was faster with the same bytes.
      if (!(await exists(folder))) throw error;
      await fs.rm(mine, { recursive: true, force: true });
    }
  }

  /** The folder that this process downloads into: what a dead process began, when there is such. */
  async #partial(hash: string): Promise<string> {
    await fs.mkdir(this.#folder, { recursive: true });
    const mine = path.join(this.#folder, partialName(hash, os.hostname(), process.pid));
    if (await exists(mine)) return mine;
    for (const name of await fs.readdir(this.#folder)) {
      if (!isAbandoned(name, hash, os.hostname(), isAlive)) continue;
      try {
        await fs.rename(path.join(this.#folder, name), mine);
        return mine;
      } catch {
        // Somebody else took it over first.
      }
    }
    await fs.mkdir(mine, { recursive: true });
    return mine;
  }
}

/** Of which machine and process, so that nobody takes over what somebody still writes. */
export const partialName = (hash: string, host: string, pid: number): string => `${hash}.${host}.${pid}.partial`;

export function isAbandoned(name: string, hash: string, host: string, alive: (pid: number) => boolean): boolean {
  const prefix = `${hash}.${host}.`;
  if (!name.startsWith(prefix) || !name.endsWith('.partial')) return false;
  const pid = Number(name.slice(prefix.length, -'.partial'.length));
  return Number.isInteger(pid) && pid > 0 && !alive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A manifest is what its hash says, or it is refused: the hash is what the graph was pinned to. */
function check(manifest: Model, hash: string | undefined): void {
  const actual = createHash('sha256').update(manifestText(manifest)).digest('hex');
  if (manifest.hash !== actual || (hash !== undefined && hash !== actual))
    throw new ModelError(`the manifest of the model "${manifest.key}" does not have the hash ${hash ?? manifest.hash}`);
  if (manifest.status !== 'ready') throw new ModelError(`files of the model "${manifest.key}" have not been uploaded`);
}

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
