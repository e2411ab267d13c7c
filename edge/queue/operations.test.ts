/** Every status × every operation that moves or removes items: what it does, and what is announced of it. */
import { describe, expect, test } from 'vitest';
import { isFinal, nextStatus, STATUS_NAMES, type Status } from '../../contract/queue/status.ts';
import { call, factsSince } from '../../test/support/chain-fixture.ts';
import { entries } from '../../test/support/queue-entries.ts';
import {
  ADMIN,
  ProtocolRunner,
  person,
  plainBatch,
  QueueFixture,
  RefusedError,
} from '../../test/support/queue-fixture.ts';

const ann = person('ann');

/** Item 1 in the status. Of one that waits, item 2 is the child, leased and not started. */
async function inStatus(status: Status) {
  const fixture = await QueueFixture.open();
  fixture.enqueue(plainBatch('b', 1, { user_id: 'ann', destination: 'canvas' }));
  const runner = new ProtocolRunner(fixture).register();
  const [grant] = runner.claim(1);
  if (!grant) throw new Error('no grant');
  if (status === 'canceled') fixture.command('cancel_item', 1);
  else if (status === 'failed') runner.post(entries(grant).started, entries(grant).failed);
  else if (status === 'completed') runner.run(grant);
  else if (status !== 'pending') runner.start(grant);
  if (status === 'waiting') call(fixture, grant, 'call', 1, { destination: 'canvas' });
  const child = status === 'waiting' ? runner.claim(1)[0] : undefined;
  expect(fixture.item(1).status).toBe(status);
  return { fixture, runner, grant, child };
}

type Situation = Awaited<ReturnType<typeof inStatus>>;

/** What happens to item 1, and the kinds of the facts in which it is named, or that name nobody. */
interface Outcome {
  becomes: Status | 'removed';
  told: string[];
}

const stays = (status: Status): Outcome => ({ becomes: status, told: [] });
/** Alone, it has an event of its own; among many only what runs has. */
const alone = (): string[] => ['status canceled'];
const among = (status: Status): string[] => [status === 'in_progress' ? 'status canceled' : 'canceled'];

const canceledAs =
  (told: (status: Status) => string[]) =>
  (status: Status): Outcome =>
    isFinal(status) ? stays(status) : { becomes: 'canceled', told: told(status) };
const removedAs =
  (told: (status: Status) => string[]) =>
  (status: Status): Outcome => ({
    becomes: 'removed',
    told: [...(isFinal(status) ? [] : told(status)), 'pruned'],
  });

const OPERATIONS: Record<string, { run: (situation: Situation) => unknown; expected: (status: Status) => Outcome }> = {
  cancel_item: { run: ({ fixture }) => fixture.command('cancel_item', 1, ann), expected: canceledAs(alone) },
  cancel_by_batch_ids: {
    run: ({ fixture }) => fixture.command('cancel_by_batch_ids', ['b'], ann),
    expected: canceledAs(among),
  },
  cancel_by_destination: {
    run: ({ fixture }) => fixture.command('cancel_by_destination', 'canvas', ann),
    expected: canceledAs(among),
  },
  cancel_all: { run: ({ fixture }) => fixture.command('cancel_all', null, ann), expected: canceledAs(among) },
  cancel_all_except_current: {
    run: ({ fixture }) => fixture.command('cancel_all_except_current', null, ann),
    // The chain of what comes next is current when nothing runs.
    expected: (status) => (status === 'pending' ? { becomes: 'canceled', told: ['canceled'] } : stays(status)),
  },
  delete_item: { run: ({ fixture }) => fixture.command('delete_item', 1, ann), expected: removedAs(alone) },
  delete_by_destination: {
    run: ({ fixture }) => fixture.command('delete_by_destination', 'canvas', ann),
    expected: removedAs(among),
  },
  delete_all_except_current: {
    run: ({ fixture }) => fixture.command('delete_all_except_current', null, ann),
    expected: (status) => (status === 'pending' ? { becomes: 'removed', told: ['canceled', 'pruned'] } : stays(status)),
  },
  clear: {
    run: ({ fixture }) => fixture.command('clear', null, ann),
    expected: (status) => ({
      becomes: 'removed',
      told: [...(status === 'in_progress' ? ['status canceled'] : []), 'cleared'],
    }),
  },
  prune: {
    run: ({ fixture }) => fixture.command('prune', null, ann),
    expected: (status) => (isFinal(status) ? { becomes: 'removed', told: ['pruned'] } : stays(status)),
  },
  retry: {
    run: ({ fixture }) => fixture.command('retry', { item_ids: [1], idempotency: null }, ann),
    expected: (status) =>
      status === 'failed' || status === 'canceled' ? { becomes: status, told: ['retried'] } : stays(status),
  },
  enqueue_children: {
    run: ({ fixture, grant }) => call(fixture, grant, 'again', 1),
    expected: (status) => (status === 'in_progress' ? { becomes: 'waiting', told: ['status waiting'] } : stays(status)),
  },
  'a failed child': {
    run: ({ runner, child }) => child && runner.post(entries(child).failed),
    expected: (status) => (status === 'waiting' ? { becomes: 'failed', told: ['status failed'] } : stays(status)),
  },
  'a completed child': {
    run: ({ runner, child }) => child && runner.run(child),
    expected: (status) => (status === 'waiting' ? { becomes: 'pending', told: ['status pending'] } : stays(status)),
  },
};

/** What the facts say of item 1. */
const told = (fixture: QueueFixture, from: number): string[] =>
  factsSince(fixture, from).flatMap((fact) => {
    if (fact[0] === 'status') return fact[1] === 1 ? [`status ${fact[3]}`] : [];
    if (fact[0] === 'canceled' || fact[0] === 'pruned')
      return fact[1].some(([, first, last]) => first <= 1 && 1 <= last) ? [fact[0]] : [];
    if (fact[0] === 'retried') return fact[1].some(([, retried]) => retried === 1) ? [fact[0]] : [];
    return fact[0] === 'cleared' ? [fact[0]] : [];
  });

describe.each(Object.entries(OPERATIONS))('%s', (_, { run, expected }) => {
  test.each(STATUS_NAMES)('[R1] of an item that is %s', async (status) => {
    const situation = await inStatus(status);
    const { fixture } = situation;
    const logged = fixture.log.length;
    const { status_sequence } = fixture.item(1);
    const counted = fixture.read('status', null).queue.total;
    try {
      run(situation);
    } catch (error) {
      expect(error).toBeInstanceOf(RefusedError);
    }
    const outcome = expected(status);
    expect(told(fixture, logged)).toEqual(outcome.told);
    if (outcome.told.length === 0) {
      expect(fixture.item(1)).toMatchObject({ status, status_sequence });
      expect(fixture.read('status', null).queue.total).toBe(counted);
    } else if (outcome.becomes === 'removed') {
      expect(() => fixture.item(1)).toThrow(/no item 1/);
      const row = fixture.queue.sql.one<{ status: Status }>('SELECT status FROM items WHERE item_id = 1');
      expect(isFinal(row.status)).toBe(true);
      expect(fixture.read('status', null).queue.total).toBe(0);
    } else {
      expect(fixture.item(1)).toMatchObject({ status: outcome.becomes });
      if (outcome.becomes !== status)
        expect(['start', 'complete', 'fail', 'cancel', 'suspend', 'resume', 'requeue'] as const).toSatisfy(
          (transitions: readonly Parameters<typeof nextStatus>[1][]) =>
            transitions.some((transition) => nextStatus(status, transition) === outcome.becomes),
        );
    }
  });
});

/** Counters that are not all zero, by what they belong to. */
const countersOf = ({ queue }: QueueFixture, table: string, key: string) =>
  queue.sql.all(
    `SELECT ${key} AS key, ${STATUS_NAMES.map((status) => `"${status}"`).join()} FROM ${table}
     WHERE ${STATUS_NAMES.map((status) => `"${status}"`).join(' + ')} > 0 ORDER BY key`,
  );

const countedRows = ({ queue }: QueueFixture, key: string) =>
  queue.sql.all(
    `SELECT ${key} AS key, ${STATUS_NAMES.map((status) => `SUM(items.status = '${status}') AS "${status}"`).join()}
     FROM items JOIN batches USING (batch_no) WHERE deleted IS NULL GROUP BY 1 ORDER BY 1`,
  );

test('[R40] [R41] counters say what rows say, and nothing waits for nothing, after many random operations', async () => {
  const fixture = await QueueFixture.open();
  const runner = new ProtocolRunner(fixture).register();
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const users = ['ann', 'bob'];
  for (let round = 0; round < 150; round++) {
    fixture.now += 1;
    const user = person(users[random(2)] ?? 'ann');
    const { next } = fixture.queue.sql.one<{ next: number }>('SELECT next_item_id AS next FROM queue');
    // Nearly always among the last: most others are removed.
    const item_id = Math.max(1, next - 1 - random(12));
    const steps: (() => unknown)[] = [
      () =>
        fixture.enqueue(
          plainBatch(`b${round}`, 1 + random(4), { user_id: user.user_id, destination: `d${random(3)}` }),
        ),
      () => runner.claim(3).map((grant) => runner.start(grant)),
      () => runner.claim(2).map((grant) => runner.run(grant)),
      () => runner.claim(1).map((grant) => [runner.start(grant), call(fixture, grant, `c${round}`, 1 + random(3))]),
      () => runner.claim(1).map((grant) => runner.post(entries(grant).failed)),
      () => fixture.command('cancel_item', item_id, user),
      () => fixture.command('cancel_by_batch_ids', [`b${random(round + 1)}`], user),
      () => fixture.command('cancel_all_except_current', null, user),
      () => fixture.command('delete_item', item_id, user),
      () => fixture.command('delete_by_destination', `d${random(3)}`, user),
      () => fixture.command('delete_all_except_current', null, user),
      () => random(4) === 0 && fixture.command('clear', null, user),
      () => fixture.command('prune', null, user),
      () => fixture.command('retry', { item_ids: [item_id, item_id + 1, item_id + 2], idempotency: null }, ADMIN),
    ];
    try {
      steps[random(steps.length)]?.();
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
    }
    for (const [table, key, of] of [
      ['queue', `'q'`, `'q'`],
      ['batches', 'batch_no', 'items.batch_no'],
      ['users', 'user_id', 'batches.user_id'],
    ] as const)
      expect(countersOf(fixture, table, key)).toEqual(countedRows(fixture, of));
    const { sql } = fixture.queue;
    // Nothing waits for nothing: a parent that waits has active children, and active children a parent that waits.
    expect(
      sql.all(
        `SELECT item_id FROM items AS parent WHERE status = 'waiting' AND NOT EXISTS (
           SELECT 1 FROM item_links JOIN items AS child USING (item_id) WHERE parent_item_id = parent.item_id
             AND child.status IN ('pending', 'in_progress', 'waiting'))
         UNION ALL
         SELECT child.item_id FROM items AS child JOIN item_links USING (item_id) JOIN items AS parent ON parent.item_id = parent_item_id
         WHERE child.status IN ('pending', 'in_progress', 'waiting') AND parent.status <> 'waiting'`,
      ),
    ).toEqual([]);
  }
});
