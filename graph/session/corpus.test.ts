/** What an engine of this number once ran, replayed: a change that replays to something else needs a new number (D1). */
import * as fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ENGINE_VERSION } from '../../contract/version.ts';
import { type CorpusSession, momentOf, newSession, runCorpus } from '../testing/corpus.ts';
import { recordsOf } from '../testing/snapshot.ts';

const folder = path.join(import.meta.dirname, '../testing/corpus', `engine-${ENGINE_VERSION}`);
const files = fs.existsSync(folder) ? fs.readdirSync(folder).filter((file) => file.endsWith('.json')) : [];
const read = (file: string): CorpusSession => JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8'));

test('there is a corpus for this engine; when its number is raised, run test/support/record-corpus.ts', () => {
  expect(files.length).toBeGreaterThanOrEqual(12);
});

describe(`sessions recorded at engine ${ENGINE_VERSION}`, () => {
  test.each(files)('%s replays at every step to what it was', (file) => {
    const corpus = read(file);
    expect(corpus.graph.engine).toBe(ENGINE_VERSION);
    expect(corpus.moments).toHaveLength(corpus.results.length + 1);
    corpus.moments.forEach((moment, count) => {
      const session = newSession(corpus);
      session.restore(corpus.results.slice(0, count));
      expect([count, momentOf(session)]).toEqual([count, moment]);
      expect(session.history).toEqual(corpus.history.slice(0, moment.executed));
    });
  });

  test.each(files)('%s goes on from every step to the same end', (file) => {
    const corpus = read(file);
    for (let count = 0; count <= corpus.results.length; count++) {
      const session = newSession(corpus);
      session.restore(corpus.results.slice(0, count));
      const { order, end } = runCorpus(session, corpus);
      expect(order).toEqual(corpus.results.slice(count).map(({ invocation_id }) => invocation_id));
      expect([end, session.history]).toEqual([corpus.end, corpus.history]);
      expect(recordsOf(session)).toEqual(corpus.results);
      expect(Object.fromEntries(session.derived())).toEqual(corpus.derived);
    }
  });
});
