/** What can be seen of a session at one moment, in a form that two of them can be compared in. */
import type { RecordedResult } from '../../contract/runner/claim.ts';
import type { Session } from '../session/session.ts';

export function snapshotOf(session: Session) {
  return {
    history: [...session.history],
    executed: [...session.executed].sort(),
    results: withoutLive(Object.fromEntries(session.results)),
    resultOrder: [...session.results.keys()],
    derived: withoutLive(Object.fromEntries(session.derived())),
    prepared: preparedOf(session),
    skipped: [...session.skipped].sort(),
    ready: [...session.ready()],
    isComplete: session.isComplete,
  };
}

/** Sources that have copies, by id. */
export const preparedOf = (session: Session): Record<string, readonly string[]> =>
  Object.fromEntries([...session.prepared()].filter(([, ids]) => ids.length > 0));

/** What the queue would hand to the next runner: through JSON, so nothing live and no shared object is left. */
export const recordsOf = (session: Session): RecordedResult[] =>
  JSON.parse(JSON.stringify([...session.results].map(([invocation_id, result]) => ({ invocation_id, result }))));

/** A live value and the mark of one have their shape in common. */
export function withoutLive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutLive);
  if (typeof value !== 'object' || value === null) return value;
  if (Object.hasOwn(value, 'shape')) return { shape: (value as { shape: unknown }).shape };
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutLive(inner)]));
}
