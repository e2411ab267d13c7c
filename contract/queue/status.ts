/**
 * The one status table: statuses × transitions, as data. The queue's guard, the SQL CHECK, the client's model,
 * the documents' diagram and the exhaustive tests derive from it; nothing else spells a status list.
 */
interface StatusFacts {
  /** A final status is absorbing: nothing moves the item on, only deletion ends it. */
  final: boolean;
  meaning: string;
  /** What a crash of the runner, or of the queue's own machine, does to an item in this status. */
  crash: string;
}

export const STATUSES = {
  pending: {
    final: false,
    meaning: 'Enqueued. A runner may hold a lease on it, but has not reported that it started.',
    crash: 'Stays. A lease of a lost runner ends and costs no attempt.',
  },
  in_progress: {
    final: false,
    meaning: 'Its runner reported that it started; results are being recorded.',
    crash: 'Back to its old place in pending with its results; fails as RunnerLost past the allowed attempts.',
  },
  waiting: {
    final: false,
    meaning: 'Suspended on child items (a workflow call); no runner holds it.',
    crash: 'Stays; its children decide.',
  },
  completed: { final: true, meaning: 'Every invocation ended well.', crash: 'Stays.' },
  failed: {
    final: true,
    meaning: 'A node, its inputs, the processor, a time limit or a lost runner ended it; what ran is kept.',
    crash: 'Stays.',
  },
  canceled: { final: true, meaning: 'A user canceled or cleared it; what ran is kept.', crash: 'Stays.' },
} as const satisfies Record<string, StatusFacts>;

export type Status = keyof typeof STATUSES;

/** In the order of the table, which is the order of counters everywhere. */
export const STATUS_NAMES = Object.keys(STATUSES) as [Status, ...Status[]];

interface TransitionFacts {
  from: readonly Status[];
  to: Status;
  by: string;
}

export const TRANSITIONS = {
  start: { from: ['pending'], to: 'in_progress', by: 'the leasing runner reports that the session started' },
  complete: { from: ['in_progress', 'waiting'], to: 'completed', by: 'the session has run all of its invocations' },
  fail: {
    from: ['pending', 'in_progress', 'waiting'],
    to: 'failed',
    by: 'an error, a time limit, a deadline, a failed child, or a lost runner past the allowed attempts',
  },
  cancel: { from: ['pending', 'in_progress', 'waiting'], to: 'canceled', by: 'a user, for the item or its chain' },
  suspend: { from: ['in_progress'], to: 'waiting', by: 'the session calls a workflow and waits for child items' },
  resume: { from: ['waiting'], to: 'pending', by: 'every child item of the call has completed' },
  requeue: { from: ['in_progress'], to: 'pending', by: 'the runner was lost, or gave the started item back' },
} as const satisfies Record<string, TransitionFacts>;

export type Transition = keyof typeof TRANSITIONS;
export const TRANSITION_NAMES = Object.keys(TRANSITIONS) as [Transition, ...Transition[]];

export const isFinal = (status: Status): boolean => STATUSES[status].final;

/** The status that `transition` leads to, or null when the table does not allow it from `status`. */
export function nextStatus(status: Status, transition: Transition): Status | null {
  const { from, to } = TRANSITIONS[transition];
  return (from as readonly Status[]).includes(status) ? to : null;
}
