/** The account's database with a fault: the first call with a statement that matches does not come through. */
import { env } from 'cloudflare:workers';

interface Fault {
  /** Part of the statement's text. */
  statement: string;
  /** `before`: it is never run. `after`: it is done, and nobody learns so. */
  at: 'before' | 'after';
}

/** Breaks once, and is sound from then on. */
export function breakingDatabase({ statement, at }: Fault): D1Database {
  let broken = false;
  const through = async <Result>(queries: string[], run: () => Promise<Result>): Promise<Result> => {
    if (broken || !queries.some((query) => query.includes(statement))) return run();
    broken = true;
    if (at === 'after') await run();
    throw new Error(`the database broke ${at}: ${statement}`);
  };
  const inner = new WeakMap<object, { query: string; real: D1PreparedStatement }>();
  const wrapped = (query: string, real: D1PreparedStatement): D1PreparedStatement => {
    const outer = {
      bind: (...values: unknown[]) => wrapped(query, real.bind(...values)),
      run: () => through([query], () => real.run()),
      all: () => through([query], () => real.all()),
      raw: () => through([query], () => real.raw()),
      first: () => through([query], () => real.first()),
    };
    inner.set(outer, { query, real });
    return outer as unknown as D1PreparedStatement;
  };
  const database = {
    prepare: (query: string) => wrapped(query, env.DB.prepare(query)),
    batch: (statements: D1PreparedStatement[]) => {
      const parts = statements.map((each) => inner.get(each)).filter((part) => part !== undefined);
      return through(
        parts.map((part) => part.query),
        () => env.DB.batch(parts.map((part) => part.real)),
      );
    },
  };
  return database as unknown as D1Database;
}
