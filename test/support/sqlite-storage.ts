/**
 * The storage of a Durable Object on Node's own SQLite, in this process: the queue's shipped code runs on it in
 * unit tests and in the simulation.
 */
import { readFileSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/durable-sqlite';
import { migrate } from 'drizzle-orm/durable-sqlite/migrator';
import type { SqliteStorage, SqlRow, SqlValue } from '../../edge/queue/storage.ts';

const MIGRATIONS = new URL('../../edge/queue/migrations/', import.meta.url);

class Cursor {
  readonly #rows: SqlRow[];

  constructor(rows: SqlRow[]) {
    this.#rows = rows;
  }

  toArray(): SqlRow[] {
    return this.#rows;
  }

  raw(): { toArray(): SqlValue[][] } {
    return { toArray: () => this.#rows.map((row) => Object.values(row)) };
  }

  next(): IteratorResult<SqlRow> {
    const value = this.#rows[0];
    return value ? { done: false, value } : { done: true, value: undefined };
  }
}

export class InProcessStorage implements SqliteStorage {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly sql: SqliteStorage['sql'];
  #depth = 0;

  /** `path` of the database file, or `:memory:`. */
  constructor(path = ':memory:') {
    const database = new DatabaseSync(path);
    this.#database = database;
    this.sql = {
      exec: (query: string, ...bindings: SqlValue[]): Cursor => {
        let statement = this.#statements.get(query);
        if (!statement) {
          statement = database.prepare(query);
          this.#statements.set(query, statement);
        }
        return new Cursor(statement.all(...bindings) as SqlRow[]);
      },
      /** Free pages do not count, as on the platform. */
      get databaseSize() {
        const pages = (name: string) => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
        return (pages('page_count') - pages('freelist_count')) * pages('page_size');
      },
    };
  }

  transactionSync<T>(body: () => T): T {
    const name = `level_${this.#depth++}`;
    this.#database.exec(`SAVEPOINT ${name}`);
    try {
      const value = body();
      this.#database.exec(`RELEASE ${name}`);
      return value;
    } catch (error) {
      this.#database.exec(`ROLLBACK TO ${name}; RELEASE ${name}`);
      throw error;
    } finally {
      this.#depth--;
    }
  }

  close(): void {
    this.#database.close();
  }
}

/** A storage with the queue's tables. */
export async function queueStorage(path?: string): Promise<InProcessStorage> {
  const storage = new InProcessStorage(path);
  const read = (name: string) => readFileSync(fileURLToPath(new URL(name, MIGRATIONS)), 'utf8');
  const journal = JSON.parse(read('meta/_journal.json')) as {
    entries: { idx: number; when: number; tag: string; breakpoints: boolean }[];
  };
  const migrations = Object.fromEntries(
    journal.entries.map(({ idx, tag }) => [`m${String(idx).padStart(4, '0')}`, read(`${tag}.sql`)]),
  );
  await migrate(drizzle(storage as never), { journal, migrations });
  return storage;
}
