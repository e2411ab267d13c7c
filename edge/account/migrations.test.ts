import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';

const FOLDER = path.join(import.meta.dirname, 'migrations');

function migrate(db: DatabaseSync, isWanted: (number: number) => boolean): void {
  for (const file of readdirSync(FOLDER).sort())
    if (file.endsWith('.sql') && isWanted(Number(file.slice(0, 4))))
      for (const statement of readFileSync(path.join(FOLDER, file), 'utf8').split('--> statement-breakpoint'))
        db.exec(statement);
}

test('what was stored before objects had keys of their own stays where it is, and is looked at in time', () => {
  const db = new DatabaseSync(':memory:');
  migrate(db, (number) => number === 0);
  db.exec(`INSERT INTO assets VALUES ('a1', 'image/png', 3, 7);
           INSERT INTO asset_grants VALUES ('a1', 'user', 'ann', 7), ('a1', 'queue', 'default', 7);
           INSERT INTO model_blobs VALUES ('b2', 7);
           INSERT INTO model_uploads VALUES ('c3', 'upload', 'bucket upload', 7);`);
  migrate(db, (number) => number > 0);
  expect(db.prepare('SELECT object_key, unheld_at FROM assets').get()).toEqual({
    object_key: 'assets/a1',
    unheld_at: null,
  });
  expect(db.prepare('SELECT object_key FROM model_blobs').get()).toEqual({ object_key: 'models/b2' });
  expect(db.prepare('SELECT active_at FROM model_uploads').get()).toEqual({ active_at: 7 });
  const days = db
    .prepare('SELECT round((due_at / 1000.0 - unixepoch()) / 86400) AS days FROM asset_grants ORDER BY holder_kind')
    .all();
  expect(days.map((row) => row.days)).toEqual([1, 30]);
});
