/**
 * Model folders on this disk, `models/<hash>/` below the cache: each is complete or absent. A download goes into a
 * folder of this process, so that several runners can share a cache, and takes its name in one step when every file of
 * it is verified. What a dead process left behind is taken over and carried on. A folder's sizes are looked at when this
 * process first uses it; its digests when a file of it does not load, and what is damaged is fetched again.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { type Model, type ModelFile, manifestText } from '../../contract/store/model.ts';
import type { ModelFolder } from '../device/messages.ts';
import { told } from './edge-error.ts';
import { isAbandonedBy, ModelDisk, type ModelDiskParts, named, ownName } from './model-disk.ts';
import { type DownloadParts, downloadFile, ModelError } from './model-download.ts';
import { persist } from './persist.ts';

const FILES_AT_ONCE = 4;
/** As often as somebody can want to know how far a download is. */
const TELL_EVERY_MS = 100;

export interface ModelStoreParts extends DownloadParts, Omit<ModelDiskParts, 'folder'> {
  cache: string;
}

/** Hears how many bytes of a model have come. */
export type Told = (done: number, total: number) => void;

/** One piece of work on a model's folder, and who waits for it. */
interface Job {
  done: Promise<boolean>;
  listeners: Set<Told>;
}

export class ModelStore {
  readonly #parts: ModelStoreParts;
  readonly #folder: string;
  readonly #disk: ModelDisk;
  /** By key and hash; a name without a hash may mean another model tomorrow. */
  readonly #manifests = new Map<string, Promise<Model>>();
  /** By hash: models of several names may be the same files. */
  readonly #jobs = new Map<string, Job>();
  /** Hashes of folders that this process has looked at. */
  readonly #checked = new Set<string>();

  constructor(parts: ModelStoreParts) {
    this.#parts = parts;
    this.#folder = path.join(parts.cache, 'models');
    this.#disk = new ModelDisk({ ...parts, folder: this.#folder });
  }

  /** The folder of a model; who asks while it is on its way waits for the same download. */
  async folder(key: string, hash: string | undefined, listener: Told = () => {}): Promise<ModelFolder> {
    const manifest = await this.#manifest(key, hash);
    // A folder that was prepared and cannot be written, or a full disk, keeps nobody from what is there.
    await this.#disk.use(manifest.hash).catch(async (error) => {
      if (!(await exists(this.#disk.path(manifest.hash)))) cannotWrite(key)(error);
    });
    await this.#once(manifest, listener, (tell) => this.#ensure(manifest, tell));
    await this.#disk.used(manifest.hash).catch(() => undefined);
    return { folder: this.#disk.path(manifest.hash), manifest };
  }

  /** Checks every byte of a model's folder; true when something was missing or damaged, and is whole now. */
  async mend(key: string, hash: string, listener: Told = () => {}): Promise<boolean> {
    const manifest = await this.#manifest(key, hash);
    return this.#once(manifest, listener, async (tell) => {
      if (!(await exists(this.#disk.path(hash)))) return this.#ensure(manifest, tell);
      return this.#replace(manifest, await this.#damaged(manifest, hasDigest), tell);
    });
  }

  #manifest(key: string, hash: string | undefined): Promise<Model> {
    const name = `${key}@${hash ?? ''}`;
    const known = this.#manifests.get(name) ?? this.#fetchManifest(key, hash);
    this.#manifests.set(name, known);
    known.then(
      () => hash ?? this.#manifests.delete(name),
      () => this.#manifests.delete(name),
    );
    return known;
  }

  async #fetchManifest(key: string, hash: string | undefined): Promise<Model> {
    const { source } = this.#parts;
    const manifest = await persist(() => source.manifest(key, hash), this.#parts).catch((error: Error) => {
      throw new ModelError(`the model "${key}" cannot be had: ${told(error)}`);
    });
    check(manifest, hash);
    return manifest;
  }

  #once({ hash }: Model, listener: Told, work: (tell: Told) => Promise<boolean>): Promise<boolean> {
    const known = this.#jobs.get(hash);
    if (known) {
      known.listeners.add(listener);
      return known.done;
    }
    const listeners = new Set([listener]);
    const tell: Told = (done, total) => {
      for (const each of listeners) each(done, total);
    };
    const done = work(tell).finally(() => this.#jobs.delete(hash));
    this.#jobs.set(hash, { done, listeners });
    return done;
  }

  /** Whether anything had to be fetched. */
  async #ensure(manifest: Model, tell: Told): Promise<boolean> {
    const { hash } = manifest;
    const folder = this.#disk.path(hash);
    if (!(await exists(folder))) {
      const bytes = manifest.files.reduce((sum, file) => sum + file.size, 0);
      await this.#disk.whileArriving(manifest.key, hash, bytes, () => this.#download(manifest, folder, tell));
      this.#checked.add(hash);
      return true;
    }
    if (this.#checked.has(hash)) return false;
    const replaced = await this.#replace(manifest, await this.#damaged(manifest, hasSize), tell);
    this.#checked.add(hash);
    return replaced;
  }

  async #damaged({ hash, files }: Model, isWhole: (file: ModelFile, at: string) => Promise<boolean>) {
    const damaged: ModelFile[] = [];
    for (const file of files)
      if (!(await isWhole(file, path.join(this.#disk.path(hash), file.path)).catch(() => false))) damaged.push(file);
    return damaged;
  }

  /** Each file in one step, so that other runners of the same folder never see half of one. */
  async #replace(manifest: Model, files: readonly ModelFile[], tell: Told): Promise<boolean> {
    if (files.length === 0) return false;
    const { key, hash } = manifest;
    this.#parts.log.warn({ model: key, files: files.map((file) => file.path) }, 'files of a model are damaged');
    // They take the place of those that are there.
    await this.#disk.whileArriving(key, hash, 0, async () => {
      const mine = await this.#partial(hash).catch(cannotWrite(key));
      for (const file of files) await fs.rm(path.join(mine, file.path), { force: true });
      await this.#fetch(manifest, files, mine, tell);
      for (const file of files) {
        const target = path.join(this.#disk.path(hash), file.path);
        await fs.mkdir(path.dirname(target), { recursive: true });
        await fs.rename(path.join(mine, file.path), target);
      }
      await fs.rm(mine, { recursive: true, force: true });
    });
    return true;
  }

  async #download(manifest: Model, folder: string, tell: Told): Promise<void> {
    const { log } = this.#parts;
    const { key, files } = manifest;
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    log.info({ model: key, files: files.length, bytes }, 'downloading a model');
    const mine = await this.#partial(manifest.hash).catch(cannotWrite(key));
    await this.#fetch(manifest, files, mine, tell);
    await this.#publish(mine, folder).catch(cannotWrite(key));
    log.info({ model: key, folder }, 'the model is complete');
  }

  async #fetch(manifest: Model, files: readonly ModelFile[], mine: string, tell: Told): Promise<void> {
    const left = [...files];
    const arrived = this.#counter(files, tell);
    const workers = Array.from({ length: FILES_AT_ONCE }, async () => {
      for (let file = left.shift(); file; file = left.shift()) {
        const current = file;
        if (!(await exists(path.join(mine, current.path))))
          await downloadFile(this.#parts, manifest, current, mine, (bytes) => arrived(current, bytes));
        arrived(current, current.size);
      }
    });
    const failed = (await Promise.allSettled(workers)).find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  #counter(files: readonly ModelFile[], tell: Told): (file: ModelFile, bytes: number) => void {
    const total = files.reduce((sum, file) => sum + file.size, 0);
    const counts = new Map<ModelFile, number>();
    let toldAt = Number.NEGATIVE_INFINITY;
    return (file, bytes) => {
      counts.set(file, bytes);
      const now = this.#parts.clock.now();
      if (now - toldAt < TELL_EVERY_MS) return;
      toldAt = now;
      tell(
        [...counts.values()].reduce((sum, count) => sum + count, 0),
        total,
      );
    };
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
    const mine = path.join(this.#folder, ownName(hash, 'partial'));
    if (await exists(mine)) return mine;
    for (const name of await fs.readdir(this.#folder)) {
      const owner = named(name, 'partial');
      if (owner?.hash !== hash || !isAbandonedBy(owner)) continue;
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

/** A manifest is what its hash says, or it is refused: the hash is what the graph was pinned to. */
function check(manifest: Model, hash: string | undefined): void {
  const actual = createHash('sha256').update(manifestText(manifest)).digest('hex');
  if (manifest.hash !== actual || (hash !== undefined && hash !== actual))
    throw new ModelError(`the manifest of the model "${manifest.key}" does not have the hash ${hash ?? manifest.hash}`);
  if (manifest.status !== 'ready') throw new ModelError(`files of the model "${manifest.key}" have not been uploaded`);
}

const cannotWrite =
  (key: string) =>
  (error: unknown): never => {
    throw new ModelError(`the folder of the model "${key}" cannot be written: ${told(error)}`);
  };

const hasSize = async ({ size }: ModelFile, at: string): Promise<boolean> => (await fs.stat(at)).size === size;

async function hasDigest(file: ModelFile, at: string): Promise<boolean> {
  if (!(await hasSize(file, at))) return false;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(at)) hash.update(chunk as Buffer);
  return hash.digest('hex') === file.sha256;
}

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
