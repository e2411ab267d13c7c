/**
 * The folders of models on this disk, and which of them have to go. Several runners may share a cache: who uses a model
 * says so by a file beside its folder, `<hash>.<host>.<pid>.lease`, which counts as long as that process is alive. When a
 * model was used last is its folder's own time.
 */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { megabytes } from '../models/megabytes.ts';
import type { Log } from './log.ts';
import { ModelError } from './model-download.ts';

/** What another machine says of itself cannot be checked; it says so again with each use. */
const FOREIGN_LEASE_MS = 24 * 60 * 60 * 1000;

export interface ModelDiskParts {
  /** Holds a folder for each model. */
  folder: string;
  /** Bytes that all of them may take; null: any number. */
  limit: number | null;
  /** Whether an item that this runner holds, or its device, needs the model. */
  isNeeded: (hash: string) => boolean;
  log: Log;
}

interface Entry {
  name: string;
  bytes: number;
  usedAt: number;
  isNeeded: boolean;
}

export class ModelDisk {
  readonly #parts: ModelDiskParts;
  /** Downloads of this process under way: the sizes that they will have. */
  readonly #arriving = new Map<string, number>();
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: ModelDiskParts) {
    this.#parts = parts;
  }

  path(hash: string): string {
    return path.join(this.#parts.folder, hash);
  }

  /** From now on other runners leave the model here; and those that this one needs no more may go. */
  async use(hash: string): Promise<void> {
    const { folder, isNeeded } = this.#parts;
    await fs.mkdir(folder, { recursive: true });
    await fs.writeFile(path.join(folder, ownName(hash, 'lease')), '');
    for (const name of await fs.readdir(folder)) {
      const lease = named(name, 'lease');
      const isOver = lease && (isOwn(lease) ? lease.hash !== hash && !isNeeded(lease.hash) : isAbandonedBy(lease));
      if (isOver) await fs.rm(path.join(folder, name), { force: true });
    }
  }

  async used(hash: string): Promise<void> {
    const now = new Date();
    await fs.utimes(this.path(hash), now, now);
  }

  /** Keeps the limit while a model of so many bytes comes. Throws a ModelError when it cannot be. */
  async whileArriving(key: string, hash: string, bytes: number, download: () => Promise<void>): Promise<void> {
    const { limit } = this.#parts;
    if (limit !== null && bytes > limit)
      throw new ModelError(
        `the model "${key}" has ${megabytes(bytes)} of files, and models may take ${megabytes(limit)} of disk ` +
          '(--model-disk) here',
      );
    this.#arriving.set(hash, bytes);
    try {
      await this.#makeRoom(key);
      await download();
      // Others may have filled the same disk meanwhile; what has just come is not what goes.
      this.#arriving.set(hash, 0);
      await this.#makeRoom(null);
    } finally {
      this.#arriving.delete(hash);
    }
  }

  /** One at a time: each counts what is there. A `key` cannot come unless there is room. */
  #makeRoom(key: string | null): Promise<void> {
    const made = this.#turn.then(() => this.#evict(key));
    this.#turn = made.catch(() => undefined);
    return made;
  }

  async #evict(key: string | null): Promise<void> {
    const { folder, limit, log } = this.#parts;
    if (limit === null) return;
    await fs.mkdir(folder, { recursive: true });
    const names = await fs.readdir(folder);
    const { taken, removable } = await this.#survey(names);
    let excess = taken - limit;
    for (const { name, bytes } of removable) {
      if (excess <= 0) break;
      if (!(await this.#remove(name))) continue;
      log.info({ model: name, bytes }, 'a model was removed from the disk, to make room');
      excess -= bytes;
    }
    if (excess > 0 && key !== null)
      throw new ModelError(
        `there is no room on disk for the model "${key}": models may take ${megabytes(limit)} (--model-disk), and other ` +
          'runners of this machine use the rest of it',
      );
  }

  /** What all take, and what may go, in that order: what nobody here needs first, then by their last use. */
  async #survey(names: readonly string[]): Promise<{ taken: number; removable: Entry[] }> {
    const { folder, isNeeded } = this.#parts;
    let taken = [...this.#arriving.values()].reduce((sum, bytes) => sum + bytes, 0);
    const removable: Entry[] = [];
    for (const name of names) {
      const partial = named(name, 'partial');
      const gone = named(name, 'gone');
      const hash = partial?.hash ?? gone?.hash ?? name;
      // What a download of this process has so far is in its size.
      if (!isHash(hash) || (partial && this.#arriving.has(hash))) continue;
      const bytes = await sizeOf(path.join(folder, name));
      taken += bytes;
      if (this.#arriving.has(hash)) continue;
      const owner = partial ?? gone;
      if (owner ? isOwn(owner) || isAbandonedBy(owner) : !(await this.#isLeased(hash, names))) {
        const usedAt = await fs.stat(path.join(folder, name)).then(
          ({ mtimeMs }) => mtimeMs,
          () => 0,
        );
        removable.push({ name, bytes, usedAt, isNeeded: !owner && isNeeded(hash) });
      }
    }
    removable.sort((a, b) => Number(a.isNeeded) - Number(b.isNeeded) || a.usedAt - b.usedAt);
    return { taken, removable };
  }

  /** Out of sight first: who says meanwhile that it uses the model finds it, or finds it absent. */
  async #remove(name: string): Promise<boolean> {
    const { folder } = this.#parts;
    if (!isHash(name)) {
      await fs.rm(path.join(folder, name), { recursive: true, force: true });
      return true;
    }
    const aside = path.join(folder, ownName(name, 'gone'));
    try {
      await fs.rename(path.join(folder, name), aside);
    } catch {
      // Another runner makes room too.
      return false;
    }
    if (await this.#isLeased(name, await fs.readdir(folder))) {
      const back = await fs.rename(aside, path.join(folder, name)).then(
        () => true,
        () => false,
      );
      if (back) return false;
    }
    await fs.rm(aside, { recursive: true, force: true });
    await fs.rm(path.join(folder, ownName(name, 'lease')), { force: true });
    return true;
  }

  /** By another process. */
  async #isLeased(hash: string, names: readonly string[]): Promise<boolean> {
    for (const name of names) {
      const lease = named(name, 'lease');
      if (lease?.hash !== hash) continue;
      if (lease.host === os.hostname()) {
        if (lease.pid !== process.pid && isAlive(lease.pid)) return true;
        continue;
      }
      const saidAt = await fs.stat(path.join(this.#parts.folder, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      );
      if (Date.now() - saidAt < FOREIGN_LEASE_MS) return true;
    }
    return false;
  }
}

/** `lease`: its process uses the model. `partial`: it downloads it. `gone`: it removes it. */
export type Role = 'lease' | 'partial' | 'gone';

export interface Owner {
  hash: string;
  host: string;
  pid: number;
}

/** Of which machine and process, so that nobody takes over what somebody still writes. */
export const nameOf = ({ hash, host, pid }: Owner, role: Role): string => `${hash}.${host}.${pid}.${role}`;

export const ownName = (hash: string, role: Role): string =>
  nameOf({ hash, host: os.hostname(), pid: process.pid }, role);

/** Null when the name says nothing of that. */
export function named(name: string, role: Role): Owner | null {
  const [, hash, host, pid] = /^([^.]+)\.(.*)\.(\d{1,15})\.[a-z]+$/.exec(name) ?? [];
  if (hash === undefined || host === undefined || !name.endsWith(`.${role}`)) return null;
  return { hash, host, pid: Number(pid) };
}

const isOwn = ({ host, pid }: Owner): boolean => host === os.hostname() && pid === process.pid;

/** Its process is dead, as far as that can be known here. */
export const isAbandonedBy = (
  { host, pid }: Owner,
  here: string = os.hostname(),
  alive: (pid: number) => boolean = isAlive,
): boolean => host === here && pid > 0 && !alive(pid);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const isHash = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

/** Bytes of all files below; what goes meanwhile counts as nothing. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries.map((entry) =>
    entry.isFile()
      ? fs.stat(path.join(entry.parentPath, entry.name)).then(
          ({ size }) => size,
          () => 0,
        )
      : 0,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
