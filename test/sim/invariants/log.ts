/** The event log: every number once, in order, and nothing without its transaction. */
import type { Model } from '../model.ts';
import type { SimulatedStorage } from '../storage.ts';
import { hold } from '../violation.ts';
import type { Step } from './step.ts';

/** The rows that a transaction appended follow on those before. */
export function compareLog({ model, storage, transaction }: Step, sequence: number): void {
  const { log } = transaction.outcome;
  const before = model.sequence;
  const rows = storage.all<{ sequence: number; count: number }>(
    'SELECT sequence, count FROM log WHERE sequence > ? ORDER BY sequence',
    before,
  );
  let last = before;
  for (const row of rows) {
    hold(
      'sequence-without-gap',
      row.sequence === last + row.count,
      () => `after ${last} came ${row.sequence} with ${row.count} events`,
    );
    last = row.sequence;
  }
  hold('sequence-without-gap', last === sequence, () => `the queue is at ${sequence}, its log at ${last}`);
  hold(
    'sequence-without-gap',
    (log?.sequence ?? before) === sequence,
    () => `${log?.sequence} was announced at ${sequence}`,
  );
  hold(
    'sequence-without-gap',
    (log?.count ?? 0) === (log?.body.facts.length ?? 0),
    () => `${log?.count} events were counted`,
  );
  for (const fact of log?.body.facts ?? []) model.facts.push(fact);
}

/** What is left of the log has no gap up to the last event. */
export function compareWholeLog(model: Model, storage: SimulatedStorage): void {
  const rows = storage.all<{ sequence: number; count: number }>(
    'SELECT sequence, count FROM log ORDER BY sequence DESC',
  );
  let next = model.sequence;
  for (const row of rows) {
    hold('sequence-without-gap', row.sequence === next, () => `${next} is missing, there is ${row.sequence}`);
    next -= row.count;
  }
}
