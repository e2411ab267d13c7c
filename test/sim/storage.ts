/**
 * The queue's storage, of which the simulation sees every row that changes, and which dies at any statement it is told.
 * The witnesses are temporary triggers: they are part of the transaction, so what is rolled back was not seen.
 */
import type { SqliteStorage, SqlRow, SqlValue } from '../../edge/queue/storage.ts';
import { type InProcessStorage, queueStorage } from '../support/sqlite-storage.ts';

/** The process died: not an error of the queue's, and nothing that it may catch. */
export class Crash extends Error {
  override name = 'Crash';
}

/** A recorded invocation that was written or removed. */
export interface Witnessed {
  item_id: number;
  invocation_id: string;
  change: 'added' | 'altered' | 'removed';
}

/** Likewise of a run. */
export interface WitnessedReport {
  item_id: number;
  fence: number;
  change: Witnessed['change'];
}

const WITNESSES = [
  'CREATE TEMP TABLE seen_items (item_id INTEGER PRIMARY KEY)',
  'CREATE TEMP TABLE seen_invocations (item_id INTEGER, invocation_id TEXT, change TEXT)',
  'CREATE TEMP TABLE seen_reports (item_id INTEGER, fence INTEGER, change TEXT)',
  ...[
    ['INSERT', 'new'],
    ['UPDATE', 'new'],
    ['DELETE', 'old'],
  ].map(
    ([event, row]) => `CREATE TEMP TRIGGER seen_items_${event} AFTER ${event} ON main.items
     BEGIN INSERT OR IGNORE INTO seen_items VALUES (${row}.item_id); END`,
  ),
  ...[
    ['INSERT', 'new', 'added'],
    ['UPDATE', 'new', 'altered'],
    ['DELETE', 'old', 'removed'],
  ].flatMap(([event, row, change]) => [
    `CREATE TEMP TRIGGER seen_invocations_${event} AFTER ${event} ON main.invocations
     BEGIN INSERT INTO seen_invocations VALUES (${row}.item_id, ${row}.invocation_id, '${change}'); END`,
    `CREATE TEMP TRIGGER seen_reports_${event} AFTER ${event} ON main.run_reports
     BEGIN INSERT INTO seen_reports VALUES (${row}.item_id, ${row}.fence, '${change}'); END`,
  ]),
];

export class SimulatedStorage implements SqliteStorage {
  readonly sql: SqliteStorage['sql'];
  readonly #inner: InProcessStorage;
  /** Statements that still run before the process dies; null: it lives. */
  #left: number | null = null;

  static async open(): Promise<SimulatedStorage> {
    return new SimulatedStorage(await queueStorage());
  }

  private constructor(inner: InProcessStorage) {
    this.#inner = inner;
    for (const statement of WITNESSES) inner.sql.exec(statement);
    const { sql } = inner;
    this.sql = {
      exec: (query: string, ...bindings: SqlValue[]) => {
        if (this.#left !== null && this.#left-- <= 0) throw new Crash(`before: ${query}`);
        return sql.exec(query, ...bindings);
      },
      get databaseSize() {
        return sql.databaseSize;
      },
    };
  }

  transactionSync<T>(body: () => T): T {
    return this.#inner.transactionSync(body);
  }

  /** The process dies after so many more statements, unless its call ends before. */
  crashAfter(statements: number | null): void {
    this.#left = statements;
  }

  /** A query of the simulation itself, which no crash ends. */
  all<Row = SqlRow>(query: string, ...bindings: SqlValue[]): Row[] {
    return this.#inner.sql.exec(query, ...bindings).toArray() as Row[];
  }

  /** The ids of the items whose rows changed since it was asked last. */
  takeItems(): number[] {
    const seen = this.all<{ item_id: number }>('SELECT item_id FROM seen_items ORDER BY item_id');
    if (seen.length > 0) this.all('DELETE FROM seen_items');
    return seen.map((row) => row.item_id);
  }

  takeInvocations(): Witnessed[] {
    const seen = this.all<Witnessed & SqlRow>('SELECT item_id, invocation_id, change FROM seen_invocations');
    if (seen.length > 0) this.all('DELETE FROM seen_invocations');
    return seen;
  }

  takeReports(): WitnessedReport[] {
    const seen = this.all<WitnessedReport & SqlRow>('SELECT item_id, fence, change FROM seen_reports');
    if (seen.length > 0) this.all('DELETE FROM seen_reports');
    return seen;
  }

  close(): void {
    this.#inner.close();
  }
}
