/** Every invariant of the simulation, with what it says. A breakage names the one that is to catch it. */
export const INVARIANTS = {
  'no-defect': 'no call ends in an error that is not a refusal',
  'all-or-nothing': 'a call that was refused, or died before its commit, leaves nothing behind',
  'no-item-lost': 'an enqueued item is there until it is removed, and no item is there that was not enqueued',
  'final-stays-final': 'a final item never moves, and what it recorded stays as it is',
  'moves-are-announced': 'what the rows say follows from the events, and from them alone',
  'moves-have-a-reason': 'an item moves only by a call, a time limit or a lost runner that may move it',
  'one-live-fence': 'at most one lease of an item is live, each with a number of its own, and it ends for a reason',
  'recorded-once': 'a result is recorded once, under the live lease, and never changes',
  'reports-belong-to-runs': 'a run is reported on once, under its own lease, and the report goes with its item',
  'answers-are-true': 'a callback that counts is recorded, one that does not changes nothing',
  'claims-repeat': 'a repeated claim gets what still stands of its grants, and no more',
  'grants-are-allowed': 'what is granted may run now, on this runner, and nothing better of its kind was left',
  'taken-is-the-same-work':
    'a session is offered only what the same work gave to somebody who shares it, and is still there',
  'sequence-without-gap': 'the log holds every event number once, in order',
  'counters-equal-rows': 'the counters of queue, batches and users are what counting would give',
  'service-is-settled': 'a user is charged for leases that live and for seconds that were worked, nothing else',
  'alarm-covers-deadline': 'the alarm rings no later than the next deadline',
  'time-limits-end-items': 'no call leaves open what is past its deadline or time limit, or waits for nothing',
  'work-wakes-runners': 'what becomes claimable wakes idle runners that can run it',
  'enqueued-once': 'a call that is repeated under its idempotency key enqueues once',
  'streams-are-whole': 'a stream has every event for its viewer, once, in order, each naming the one before',
  'replay-equals-live': 'an event that is sent again says what it said before',
  'clients-converge': 'a client that resumed shows what the queue has',
  'what-can-run-runs': 'once the faults end, every item ends, and nobody works on what has ended',
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** An invariant that did not hold: its name, and what was seen. */
export class Violation extends Error {
  override name = 'Violation';
  readonly invariant: Invariant;

  constructor(invariant: Invariant, detail: string) {
    super(`${invariant}: ${detail}`);
    this.invariant = invariant;
  }
}

/** Throws when `holds` is not; `detail` is made only then. */
export function hold(invariant: Invariant, holds: boolean, detail: () => string): asserts holds {
  if (!holds) throw new Violation(invariant, detail());
}
