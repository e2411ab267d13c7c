/** What a post of callbacks must do: each entry by itself, judged by nothing but the lease it quotes and what came before. */
import type { CallbackEntry, CallbacksBody, CallbacksResult } from '../../../contract/runner/callbacks.ts';
import type { Fact } from '../../../edge/queue/fact.ts';
import type { Item, Model, Runner } from '../model.ts';
import { isFinal } from '../model.ts';
import { hold } from '../violation.ts';
import { move } from './events.ts';
import { callerOf, free, inputOf, resultOf, type Step, told } from './step.ts';
import { emptied, recordKept } from './taken.ts';

/** What the queue leaves a runner to end a session by itself. */
const RUN_GRACE_SECONDS = 2;

/** A node that no graph of the simulation has. */
export const NOWHERE = 'nowhere';

type Answers = CallbacksResult['answers'];

function* entriesOf(step: Step): Generator<{ entry: CallbackEntry; answer: Answers[number] }> {
  const body = inputOf<CallbacksBody>(step, 'callbacks');
  if (!body) return;
  const { answers } = resultOf<CallbacksResult>(step);
  hold('answers-are-true', answers.length === body.entries.length, () => `${answers.length} answers`);
  for (const [index, entry] of body.entries.entries()) yield { entry, answer: answers[index]! };
}

/** What the log must say of the entries that counted, in order. */
function eventsOfEntries(step: Step): string[] {
  const running = new Map<number, boolean>();
  const events: string[] = [];
  for (const { entry, answer } of entriesOf(step)) {
    if (answer.answer !== 'recorded') continue;
    const { item_id } = entry;
    const started = running.get(item_id) ?? step.model.items.get(item_id)?.status === 'in_progress';
    for (const event of eventsOf(entry, started)) events.push(event);
    running.set(item_id, entry.kind === 'session_started' || started);
  }
  return events;
}

function eventsOf(entry: CallbackEntry, started: boolean): string[] {
  const { item_id } = entry;
  switch (entry.kind) {
    case 'session_started':
      return [`status ${item_id} in_progress`];
    case 'invocation_started':
      return [`started ${item_id} ${entry.invocation_id}`];
    case 'invocation_complete':
      return [`complete ${item_id} ${entry.invocation_id}`];
    case 'invocation_error':
      return [`error ${item_id} ${entry.invocation_id}`, `status ${item_id} failed`];
    case 'session_complete':
      return [`status ${item_id} completed`];
    case 'session_failed':
      return [`status ${item_id} failed`];
    case 'session_report':
      return [];
    default:
      return started ? [`status ${item_id} pending`] : [];
  }
}

/** A fact as the model would say it. */
function said(fact: Fact): string {
  if (fact[0] === 'status') return `status ${fact[1]} ${fact[3]}`;
  if (fact[0] === 'started' || fact[0] === 'complete' || fact[0] === 'error') return `${fact[0]} ${fact[1]} ${fact[3]}`;
  return JSON.stringify(fact);
}

/** Which of the step's events are those of the entries: what time did comes before, what follows for chains after. */
export function ownEvents(step: Step): { from: number; to: number } {
  const expected = eventsOfEntries(step);
  const seen = step.facts.map(said);
  const from = seen.findIndex((_, at) => expected.every((event, index) => seen[at + index] === event));
  const found = expected.length === 0 || from !== -1;
  const saw = () => `the entries were to say ${expected.join(', ')}; the log says ${seen.join(', ')}`;
  hold('moves-are-announced', found, saw);
  return expected.length === 0 ? { from: seen.length, to: seen.length } : { from, to: from + expected.length };
}

export function applyEntries(step: Step): void {
  emptied(step);
  const runner = callerOf(step);
  for (const { entry, answer } of entriesOf(step)) {
    const item = step.model.items.get(entry.item_id);
    const counts = item !== undefined && runner !== null && entryCounts(item, runner, entry);
    const saw = () => `${JSON.stringify(entry)} was answered ${answer.answer}, ${item ? told(item) : 'no such item'}`;
    if (!counts) hold(blame(item, runner, entry), answer.answer !== 'recorded', saw);
    else hold('answers-are-true', answer.answer === 'recorded', saw);
    if (counts) recordEntry(step, item, entry);
  }
}

/** Which invariant is hurt when an entry that must not count did. */
function blame(item: Item | undefined, runner: Runner | null, entry: CallbackEntry) {
  if (!item || !runner) return 'answers-are-true' as const;
  const isLate = entry.kind === 'session_report' && isFinal(item.status);
  if (item.fence !== entry.fence || item.token !== entry.token || (item.holder !== runner && !isLate)) {
    return isFinal(item.status) ? ('final-stays-final' as const) : ('one-live-fence' as const);
  }
  if (entry.kind === 'session_report') return 'reports-belong-to-runs' as const;
  return 'invocation_id' in entry && item.results.has(entry.invocation_id)
    ? ('recorded-once' as const)
    : ('answers-are-true' as const);
}

function entryCounts(item: Item, runner: Runner, entry: CallbackEntry): boolean {
  if (entry.kind === 'session_report') return reportCounts(item, runner, entry);
  if (item.removed || isFinal(item.status) || item.holder !== runner) return false;
  if (item.fence !== entry.fence || item.token !== entry.token) return false;
  const running = item.status === 'in_progress';
  switch (entry.kind) {
    case 'session_started':
      return item.status === 'pending';
    case 'session_released':
    case 'session_stopped':
      return true;
    case 'session_failed':
      return entry.results <= item.results.size;
    case 'session_complete':
      return running && entry.results <= item.results.size;
    case 'invocation_started':
      return running && isNew(item, entry.invocation_id) && item.running !== entry.invocation_id;
    default:
      return running && isNew(item, entry.invocation_id);
  }
}

/** A run whose item has ended may still be reported on: nobody else has run it since. */
function reportCounts(item: Item, runner: Runner, { fence, token }: CallbackEntry): boolean {
  if (item.removed || item.fence !== fence || item.token !== token || item.reports.has(fence)) return false;
  return isFinal(item.status) || item.holder === runner;
}

const isNew = (item: Item, invocation_id: string): boolean =>
  invocation_id !== NOWHERE && !item.results.has(invocation_id);

function recordEntry(step: Step, item: Item, entry: CallbackEntry): void {
  const { user_id } = item.batch;
  if (entry.kind === 'session_report') {
    item.reports.add(entry.fence);
    return;
  }
  step.changed.add(item.item_id);
  switch (entry.kind) {
    case 'session_started':
      start(step.model, step.now, item);
      return;
    case 'invocation_started':
      item.running = entry.invocation_id;
      return;
    case 'invocation_complete':
    case 'invocation_error': {
      const failed = entry.kind === 'invocation_error';
      recordKept(step, item, entry);
      item.results.set(entry.invocation_id, JSON.stringify(failed ? entry.error : entry.result));
      item.running = null;
      item.charged = 0;
      step.model.worked.set(user_id, (step.model.worked.get(user_id) ?? 0) + entry.seconds);
      if (failed) move(step, item, 'failed');
      return;
    }
    case 'session_complete':
      move(step, item, 'completed');
      return;
    case 'session_failed':
      move(step, item, 'failed');
      return;
    default: {
      if (item.status === 'in_progress') {
        item.charged = Math.max(0, item.charged - 1);
        move(step, item, 'pending');
      }
      free(step, item);
    }
  }
}

function start(model: Model, now: number, item: Item): void {
  model.move(item, 'in_progress');
  item.charged += 1;
  item.losses = 0;
  const limit = item.batch.max_run_seconds ?? model.settings.max_run_seconds;
  item.run_until = limit === null ? null : now + Math.round((limit + RUN_GRACE_SECONDS) * 1_000);
}
