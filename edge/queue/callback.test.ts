import { describe, expect, test } from 'vitest';
import { ERROR_MESSAGE_LENGTH_MAX, OUTPUT_BYTES_MAX, TRACEBACK_LENGTH_MAX } from '../../contract/limits.ts';
import { isFinal, nextStatus, STATUS_NAMES, type Status } from '../../contract/queue/status.ts';
import type { CallbackAnswer } from '../../contract/runner/callbacks.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { decide, type ItemState, type Situation } from './callback.ts';

const LEASE = { item_id: 7, fence: 2, token: 'right' };

const anItem = (over: Partial<ItemState> = {}): ItemState => ({
  item_id: 7,
  batch_no: 1,
  backlog_no: 1,
  batch_index: null,
  user_id: 'system',
  status: 'in_progress',
  status_sequence: 1,
  fence: 2,
  token: 'right',
  runner_no: 3,
  leased_at: 9,
  charge: 1,
  seconds: 0,
  run_until: null,
  starts: 1,
  charged: 1,
  losses: 0,
  results: 0,
  result_bytes: 0,
  running: null,
  device: 'cpu',
  started_at: 10,
  completed_at: null,
  updated_at: 10,
  error: null,
  ...over,
});

const situation = (recorded: readonly string[] = []): Situation => ({
  now: 99,
  runner_no: 3,
  isRecorded: (id) => recorded.includes(id),
  isReported: () => false,
  isKnown: (id) => id === 'n' || id.startsWith('n#'),
  runSeconds: () => null,
});

const entry = entries(LEASE);
type EntryName = keyof typeof entry;

/** The answer to each entry in each status, when the lease is right and nothing is recorded. */
const ANSWERS: Record<EntryName, Record<Status, CallbackAnswer>> = {
  started: {
    pending: 'recorded',
    in_progress: 'repeated',
    waiting: 'stale',
    completed: 'repeated',
    failed: 'repeated',
    canceled: 'repeated',
  },
  running: {
    pending: 'premature',
    in_progress: 'recorded',
    waiting: 'stale',
    completed: 'gone',
    failed: 'gone',
    canceled: 'gone',
  },
  result: {
    pending: 'premature',
    in_progress: 'recorded',
    waiting: 'stale',
    completed: 'gone',
    failed: 'gone',
    canceled: 'gone',
  },
  error: {
    pending: 'premature',
    in_progress: 'recorded',
    waiting: 'stale',
    completed: 'gone',
    failed: 'gone',
    canceled: 'gone',
  },
  report: {
    pending: 'recorded',
    in_progress: 'recorded',
    waiting: 'stale',
    completed: 'recorded',
    failed: 'recorded',
    canceled: 'recorded',
  },
  complete: {
    pending: 'premature',
    in_progress: 'premature',
    waiting: 'stale',
    completed: 'repeated',
    failed: 'gone',
    canceled: 'gone',
  },
  failed: {
    pending: 'recorded',
    in_progress: 'recorded',
    waiting: 'stale',
    completed: 'gone',
    failed: 'repeated',
    canceled: 'gone',
  },
  released: {
    pending: 'recorded',
    in_progress: 'recorded',
    waiting: 'stale',
    completed: 'gone',
    failed: 'gone',
    canceled: 'gone',
  },
  stopped: {
    pending: 'recorded',
    in_progress: 'recorded',
    waiting: 'stale',
    completed: 'repeated',
    failed: 'repeated',
    canceled: 'repeated',
  },
};

/** Who holds the item in a status: a waiting or final one has no runner. */
const holder = (status: Status) => (status === 'waiting' || isFinal(status) ? null : 3);

describe('a callback entry', () => {
  for (const name of Object.keys(ANSWERS) as EntryName[])
    for (const status of STATUS_NAMES)
      test(`[R5] ${name} on a ${status} item is ${ANSWERS[name][status]}`, () => {
        const decision = decide(anItem({ status, runner_no: holder(status) }), entry[name], situation());
        expect(decision.answer).toBe(ANSWERS[name][status]);
        if (decision.answer !== 'recorded') expect(decision).not.toHaveProperty('item');
        if (decision.transition) expect(decision.item?.status).toBe(nextStatus(status, decision.transition));
      });

  for (const name of Object.keys(ANSWERS) as EntryName[])
    for (const status of STATUS_NAMES) {
      test(`[R4] ${name} on a ${status} item changes nothing under another fence, token or runner`, () => {
        const item = anItem({ status, runner_no: holder(status) });
        for (const wrong of [{ fence: 1 }, { fence: 3 }, { token: 'wrong' }])
          expect(decide(item, { ...entry[name], ...wrong }, situation())).toMatchObject({ answer: 'stale' });
        if (!isFinal(status))
          expect(decide(item, entry[name], { ...situation(), runner_no: 4 })).toMatchObject({ answer: 'stale' });
      });
    }

  test('[R5] an entry on a deleted item is gone', () => {
    for (const name of Object.keys(ANSWERS) as EntryName[])
      expect(decide(null, entry[name], situation()).answer).toBe('gone');
  });

  test('[R6] a result that is recorded already is repeated, also after the end', () => {
    for (const status of ['in_progress', 'completed', 'failed', 'canceled'] as const)
      for (const name of ['result', 'error', 'running'] as const)
        expect(decide(anItem({ status, runner_no: holder(status) }), entry[name], situation(['n'])).answer).toBe(
          'repeated',
        );
  });

  test('[R6] a report is kept once for a lease, whatever became of the item, and changes nothing of it', () => {
    for (const status of STATUS_NAMES.filter((name) => name !== 'waiting')) {
      const item = anItem({ status, runner_no: holder(status) });
      expect(decide(item, entry.report, situation())).toEqual({ answer: 'recorded', keepsReport: true });
      const again = { ...situation(), isReported: () => true };
      expect(decide(item, entry.report, again)).toEqual({ answer: 'repeated' });
    }
  });

  test('only a start is charged, a new result clears the charge, and giving back refunds it', () => {
    const pending = anItem({ status: 'pending', starts: 0, charged: 0, started_at: null });
    const started = decide(pending, entry.started, situation()).item;
    expect(started).toMatchObject({ starts: 1, charged: 1, started_at: 99, device: 'cpu' });
    expect(decide(anItem(), entry.result, situation()).item).toMatchObject({ charged: 0, results: 1 });
    expect(decide(anItem(), entry.released, situation()).item).toMatchObject({
      charged: 0,
      status: 'pending',
      runner_no: null,
    });
    expect(decide(pending, entry.released, situation()).item).toMatchObject({ charged: 0, starts: 0, runner_no: null });
  });

  test('a start sets when this run ends, and whatever ends the run takes it away', () => {
    const pending = anItem({ status: 'pending', starts: 0, charged: 0, losses: 3, started_at: null });
    const limited = { ...situation(), runSeconds: () => 2.5 };
    expect(decide(pending, entry.started, limited).item).toMatchObject({ run_until: 2_599, losses: 0 });
    expect(decide(pending, entry.started, situation()).item).toMatchObject({ run_until: null });
    const running = anItem({ run_until: 2_599, results: 1 });
    expect(decide(running, entry.started, limited)).toEqual({ answer: 'repeated' });
    expect(decide(running, entry.result, limited).item).toMatchObject({ run_until: 2_599 });
    for (const name of ['complete', 'failed', 'released', 'stopped', 'error'] as const)
      expect(decide(running, entry[name], limited).item).toMatchObject({ run_until: null, runner_no: null });
  });

  test('only a result adds to the seconds of the lease, and once', () => {
    const running = anItem({ seconds: 2 });
    expect(decide(running, entry.result, situation()).item?.seconds).toBeCloseTo(2.001);
    expect(decide(running, entry.error, situation()).item?.seconds).toBeCloseTo(2.001);
    expect(decide(running, entry.result, situation(['n'])).item).toBeUndefined();
    for (const name of ['running', 'failed', 'released', 'stopped'] as const)
      expect(decide(running, entry[name], situation()).item).toMatchObject({ seconds: 2, charge: 1 });
  });

  test('[R15] a lease that was recalled is over for every entry, and the item is as it was', () => {
    const recalled = anItem({ status: 'pending', runner_no: null, charge: null, seconds: null });
    for (const name of Object.keys(ANSWERS) as EntryName[]) {
      const decision = decide(recalled, entry[name], situation());
      expect(decision.answer).toBe('stale');
      expect(decision).not.toHaveProperty('item');
    }
  });

  test('[R5] an item that waits for its children is nobody’s: what its runner still says is stale', () => {
    const waiting = anItem({ status: 'waiting', runner_no: null, results: 2 });
    for (const name of Object.keys(ANSWERS) as EntryName[])
      expect(decide(waiting, entry[name], situation(['n']))).toEqual({ answer: 'stale', detail: 'The lease ended.' });
  });

  test('a node error is recorded and ends the item in one step', () => {
    const decision = decide(anItem(), entry.error, situation());
    expect(decision.item).toMatchObject({ status: 'failed', error: { error_type: 'ValueError' }, results: 1 });
    expect(decision.event).toEqual({ kind: 'error', invocation_id: 'n' });
  });

  test('an error of any length is recorded, and the head of it kept', () => {
    const long = 'x'.repeat(3_000_000);
    const error = { error_type: 'ValueError', error_message: long, error_traceback: long };
    for (const name of ['error', 'failed'] as const) {
      const { answer, item } = decide(anItem(), { ...entry[name], error }, situation());
      expect(answer).toBe('recorded');
      expect(item?.error?.error_message).toHaveLength(ERROR_MESSAGE_LENGTH_MAX);
      expect(item?.error?.error_traceback).toHaveLength(TRACEBACK_LENGTH_MAX);
    }
  });

  test('a completion that follows more results than are recorded is premature', () => {
    expect(decide(anItem({ results: 1 }), entry.complete, situation()).answer).toBe('recorded');
    expect(decide(anItem({ results: 1 }), { ...entry.complete, results: 2 }, situation()).answer).toBe('premature');
  });

  test('an unknown node and outputs over the limit are invalid and change nothing', () => {
    const unknown = decide(anItem(), { ...entry.result, invocation_id: 'x' }, situation());
    const large = decide(
      anItem(),
      { ...entry.result, result: { type: 't', text: 'x'.repeat(OUTPUT_BYTES_MAX) } },
      situation(),
    );
    for (const decision of [unknown, large]) {
      expect(decision.answer).toBe('invalid');
      expect(decision.detail).toBeTruthy();
      expect(decision).not.toHaveProperty('item');
    }
  });
});
