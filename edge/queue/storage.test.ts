import { describe, expect, test } from 'vitest';
import { plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';
import { queueStorage } from '../../test/support/sqlite-storage.ts';
import { jsonChunks, PARAMETERS_MAX, Sql, VALUE_BYTES_MAX } from './storage.ts';

const echo = (count: number) => `SELECT ${Array.from({ length: count }, () => '?').join(', ')}`;

describe('the storage interface', () => {
  test('[R8] refuses what the platform refuses: values, parameters and statements over its limits', async () => {
    const sql = new Sql(await queueStorage());
    expect(sql.get<{ length: number }>('SELECT length(?) AS length', 'x'.repeat(VALUE_BYTES_MAX))?.length).toBe(
      VALUE_BYTES_MAX,
    );
    expect(() => sql.all('SELECT ?', 'x'.repeat(VALUE_BYTES_MAX + 1))).toThrow(/value/);
    expect(() => sql.all('SELECT ?', 'ä'.repeat(VALUE_BYTES_MAX / 2 + 1))).toThrow(/value/);
    const parameters = Array.from({ length: PARAMETERS_MAX + 1 }, () => 1);
    expect(sql.all(echo(PARAMETERS_MAX), ...parameters.slice(1))).toHaveLength(1);
    expect(() => sql.all(echo(PARAMETERS_MAX + 1), ...parameters)).toThrow(/parameters/);
    expect(() => sql.all(`SELECT 1 -- ${'x'.repeat(100_000)}`)).toThrow(/statement/);
  });

  test('a transaction that throws leaves nothing', async () => {
    const sql = new Sql(await queueStorage());
    const insert = () => sql.all("INSERT INTO users (user_id) VALUES ('ann')");
    expect(() =>
      sql.transaction(() => {
        insert();
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(sql.all('SELECT * FROM users')).toEqual([]);
  });

  test('JSON chunks keep order, stay under the limit and know their first row', () => {
    const rows = Array.from({ length: 1_000 }, (_, index) => [index, 'ä'.repeat(index % 50)]);
    const chunks = [...jsonChunks(rows, 4_000)];
    expect(chunks.flatMap((chunk) => JSON.parse(chunk.body) as unknown[])).toEqual(rows);
    for (const { first, body } of chunks) {
      expect(new TextEncoder().encode(body).byteLength).toBeLessThanOrEqual(4_000);
      expect((JSON.parse(body) as unknown[])[0]).toEqual(rows[first]);
    }
  });

  test('a pending item is one small row and one index entry', async () => {
    const fixture = await QueueFixture.open();
    const before = fixture.queue.sql.size;
    fixture.enqueue(plainBatch('b', 50_000));
    expect((fixture.queue.sql.size - before) / 50_000).toBeLessThanOrEqual(64);
  });

  test('tables that are read by their whole key have no row id', async () => {
    const sql = new Sql(await queueStorage());
    for (const table of ['invocations', 'run_reports', 'asset_references'])
      expect(sql.one<{ sql: string }>('SELECT sql FROM sqlite_master WHERE name = ?', table).sql).toMatch(
        /WITHOUT ROWID/,
      );
  });
});
