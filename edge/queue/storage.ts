/**
 * The storage of one queue: SQLite behind the interface that a Durable Object has, which the tests also give to
 * an in-process SQLite. The wrapper refuses, everywhere, what the platform refuses in production, since the local
 * emulator lets some of it pass (docs/rules.md R8).
 */

export type SqlValue = string | number | null;
export type SqlRow = Record<string, SqlValue>;

/** The part of `DurableObjectStorage` that is used; drizzle's migrator needs no more either. */
export interface SqliteStorage {
  sql: {
    exec(query: string, ...bindings: SqlValue[]): { toArray(): SqlRow[]; raw(): { toArray(): SqlValue[][] } };
    readonly databaseSize: number;
  };
  transactionSync<T>(body: () => T): T;
}

/** Bytes of one value, bound parameters of one statement, bytes of one statement: the platform's. */
export const VALUE_BYTES_MAX = 2_000_000;
export const PARAMETERS_MAX = 100;
export const STATEMENT_BYTES_MAX = 100_000;

/** A statement that production would refuse: a defect of ours, never a user's fault. */
export class StorageLimitError extends Error {
  override name = 'StorageLimitError';
}

const encoder = new TextEncoder();

/** UTF-8 needs at most three bytes for a UTF-16 unit, so most strings need no counting. */
const tooLong = (text: string, limit: number): boolean =>
  text.length > limit || (text.length * 3 > limit && encoder.encode(text).byteLength > limit);

export class Sql {
  readonly #storage: SqliteStorage;

  constructor(storage: SqliteStorage) {
    this.#storage = storage;
  }

  /** Bytes of the database; pages that are free again do not count. */
  get size(): number {
    return this.#storage.sql.databaseSize;
  }

  /** All rows; for a statement that writes, those of its RETURNING clause. */
  all<Row = SqlRow>(query: string, ...bindings: SqlValue[]): Row[] {
    if (bindings.length > PARAMETERS_MAX)
      throw new StorageLimitError(`${bindings.length} parameters, ${PARAMETERS_MAX} are allowed: ${query}`);
    if (tooLong(query, STATEMENT_BYTES_MAX)) throw new StorageLimitError(`a statement of ${query.length} characters`);
    for (const value of bindings)
      if (typeof value === 'string' && tooLong(value, VALUE_BYTES_MAX))
        throw new StorageLimitError(`a value of ${value.length} characters: ${query}`);
    return this.#storage.sql.exec(query, ...bindings).toArray() as Row[];
  }

  /** The only row, or null when there is none. */
  get<Row = SqlRow>(query: string, ...bindings: SqlValue[]): Row | null {
    return this.all<Row>(query, ...bindings)[0] ?? null;
  }

  /** The row that must be there; its absence is a defect of ours. */
  one<Row = SqlRow>(query: string, ...bindings: SqlValue[]): Row {
    const row = this.get<Row>(query, ...bindings);
    if (row === null) throw new Error(`no row: ${query}`);
    return row;
  }

  /** Everything that `body` writes, or nothing when it throws. `body` must not await. */
  transaction<T>(body: () => T): T {
    return this.#storage.transactionSync(body);
  }

  /**
   * Runs a statement that takes a JSON list as its first parameter, in as few calls as the platform's limit on a
   * value allows: `UPDATE … FROM json_each(?)`.
   */
  each<Row = SqlRow>(query: string, rows: readonly unknown[], ...bindings: SqlValue[]): Row[] {
    const found: Row[] = [];
    for (const { body } of jsonChunks(rows, VALUE_BYTES_MAX))
      for (const row of this.all<Row>(query, body, ...bindings)) found.push(row);
    return found;
  }
}

/**
 * JSON lists that together hold `rows` in order, each of at most `limit` bytes, with the index of its first row; a
 * row alone may not exceed the limit.
 */
export function* jsonChunks(rows: readonly unknown[], limit: number): Generator<{ first: number; body: string }> {
  let parts: string[] = [];
  let bytes = 2;
  for (const [index, row] of rows.entries()) {
    const part = JSON.stringify(row);
    // Three bytes for a UTF-16 unit is the most that UTF-8 takes; small rows need no exact count.
    const size = (part.length < 1_000 ? part.length * 3 : encoder.encode(part).byteLength) + 1;
    if (parts.length > 0 && bytes + size > limit) {
      yield { first: index - parts.length, body: `[${parts.join(',')}]` };
      parts = [];
      bytes = 2;
    }
    parts.push(part);
    bytes += size;
  }
  if (parts.length > 0) yield { first: rows.length - parts.length, body: `[${parts.join(',')}]` };
}
