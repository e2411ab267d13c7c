/** The folder that a local system keeps between starts: its data, keys, logs, and who is running. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/** The two keys that a local system makes by itself. */
const Keys = z.object({ key: z.string(), runner_key: z.string().optional() });
export type Keys = z.infer<typeof Keys>;

const Address = z.object({ url: z.string() });

export class StateFolder {
  readonly path: string;

  private constructor(folder: string) {
    this.path = path.resolve(folder);
  }

  static create(folder: string): StateFolder {
    const state = new StateFolder(folder);
    for (const each of [state.data, state.logs, state.temporary]) mkdirSync(each, { recursive: true });
    return state;
  }

  /** The folder of a system that was started before, or null. */
  static find(folder: string): StateFolder | null {
    const state = new StateFolder(folder);
    return existsSync(state.data) ? state : null;
  }

  /** What workerd keeps: the objects' SQLite files, D1, R2. */
  get data(): string {
    return path.join(this.path, 'data');
  }
  get logs(): string {
    return path.join(this.path, 'logs');
  }
  /** Of miniflare; what a killed system left in it is removed at the next start. */
  get temporary(): string {
    return path.join(this.path, 'tmp');
  }
  /** Model files that runners have downloaded and verified. */
  get models(): string {
    return path.join(this.path, 'models');
  }
  /** The agent's module, made anew at each start. */
  get agent(): string {
    return path.join(this.path, 'agent.mjs');
  }
  get processes(): string {
    return path.join(this.path, 'processes');
  }
  get lock(): string {
    return path.join(this.path, 'lock');
  }

  emptyTemporary(): void {
    rmSync(this.temporary, { recursive: true, force: true });
    mkdirSync(this.temporary);
  }

  readKeys(): Keys | null {
    return readJson(path.join(this.path, 'keys.json'), Keys);
  }
  /** For the owner's eyes alone, from the first byte on. */
  writeKeys(keys: Keys): void {
    writeJson(path.join(this.path, 'keys.json'), keys, 0o600);
  }

  /** Where the running system answers; of a system that is not running, where it did. */
  readAddress(): string | null {
    return readJson(path.join(this.path, 'address.json'), Address)?.url ?? null;
  }
  writeAddress(url: string): void {
    writeJson(path.join(this.path, 'address.json'), { url }, 0o644);
  }
}

function readJson<Schema extends z.ZodType>(file: string, schema: Schema): z.infer<Schema> | null {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Missing, or damaged by a crash while it was written: made anew.
    return null;
  }
}

function writeJson(file: string, value: unknown, mode: number): void {
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode });
}
