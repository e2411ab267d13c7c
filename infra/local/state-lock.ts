/**
 * One system a state folder. The lock is SQLite's own on a file: the kernel drops it with its process, however that
 * died, so there is never a stale one to judge.
 */
import { DatabaseSync } from 'node:sqlite';

export class StateLock {
  readonly #database: DatabaseSync;

  /** Throws StateLockedError when another process holds the lock. */
  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    try {
      this.#database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    } catch (error) {
      this.#database.close();
      throw isBusy(error) ? new StateLockedError(file) : error;
    }
  }

  release(): void {
    this.#database.close();
  }
}

export class StateLockedError extends Error {
  override name = 'StateLockedError';
  constructor(file: string) {
    super(`${file} is locked by another process`);
  }
}

/** SQLITE_BUSY, whatever its extended code. */
const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
