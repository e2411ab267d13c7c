import { describe, expect, test } from 'vitest';
import { isFinal, nextStatus, STATUS_NAMES, type Status, TRANSITION_NAMES, type Transition } from './status.ts';

/** The table once more, the other way round: what each status allows. */
const ALLOWED: Record<Status, Partial<Record<Transition, Status>>> = {
  pending: { start: 'in_progress', fail: 'failed', cancel: 'canceled' },
  in_progress: { complete: 'completed', fail: 'failed', cancel: 'canceled', suspend: 'waiting', requeue: 'pending' },
  waiting: { complete: 'completed', fail: 'failed', cancel: 'canceled', resume: 'pending' },
  completed: {},
  failed: {},
  canceled: {},
};

describe('the status table', () => {
  for (const status of STATUS_NAMES)
    for (const transition of TRANSITION_NAMES)
      test(`[R1] ${transition} from ${status}`, () => {
        expect(nextStatus(status, transition)).toBe(ALLOWED[status][transition] ?? null);
      });

  test('[R1] a final status is absorbing, and every other one can still be canceled', () => {
    for (const status of STATUS_NAMES) {
      expect(isFinal(status)).toBe(Object.keys(ALLOWED[status]).length === 0);
      if (!isFinal(status)) expect(nextStatus(status, 'cancel')).toBe('canceled');
    }
  });
});
