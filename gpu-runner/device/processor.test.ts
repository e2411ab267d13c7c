import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { CallbackEntry } from '../../contract/runner/callbacks.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import { Breath } from './breath.ts';
import { Hooks, type SessionHooks } from './hooks.ts';
import type { FromDevice } from './messages.ts';
import { Outgoing } from './outgoing.ts';
import { Processor } from './processor.ts';
import { Reporter } from './reporter.ts';
import type { Task } from './task.ts';

const grant = (item_id: number, fence = 1): Grant => ({
  ...{ item_id, fence, token: `t${fence}`, session_id: `s${item_id}`, batch_id: 'b', user_id: 'u' },
  ...{ values: [], results: [], max_run_seconds: null, max_node_seconds: null, traceparent: null },
});

const turn = () => new Promise(setImmediate);

/** A processor whose sessions do what the test says, one thing at a time. */
class Stage {
  readonly said: string[] = [];
  readonly ran: number[] = [];
  /** Sessions that run, by ticket, and what lets them go on. */
  readonly running = new Map<number, { task: Task; go: (how: 'end' | 'throw' | 'silent') => void }>();
  readonly slots = new Map<number, number>();
  readonly processor: Processor;
  readonly #outgoing: Outgoing<FromDevice>;

  constructor(sessions: number, hooks: Partial<SessionHooks>[] = []) {
    this.#outgoing = new Outgoing((messages) => {
      for (const message of messages) this.#heard(message);
    });
    const reporter = new Reporter(this.#outgoing, () => performance.now());
    this.processor = new Processor({
      runner: { run: (task) => this.#run(task, reporter) },
      reporter,
      breath: new Breath(() => performance.now(), sessions),
      hooks: new Hooks(hooks),
      recorder: {
        works: (slot, ticket) => void this.slots.set(slot, ticket),
        rests: (slot) => void this.slots.delete(slot),
      },
      sessions,
    });
    void this.processor.run();
  }

  async #run(task: Task, reporter: Reporter): Promise<void> {
    this.ran.push(task.ticket);
    reporter.entry(task, { kind: 'session_started', device: 'cpu' });
    const how = await new Promise((go) => this.running.set(task.ticket, { task, go }));
    this.running.delete(task.ticket);
    if (how === 'throw') throw new Error('broken');
    if (how === 'end') reporter.last(task, { kind: 'session_complete', results: task.results }, 1);
  }

  #heard(message: FromDevice): void {
    if (message.kind === 'ended') this.said.push(`${message.ticket} ended`);
    if (message.kind !== 'entry') return;
    const entry = JSON.parse(message.json) as CallbackEntry;
    const error = 'error' in entry ? ` ${entry.error.error_type}: ${entry.error.error_message}` : '';
    this.said.push(`${message.ticket} ${entry.kind}${error}`);
  }

  /** Until nothing happens by itself. */
  async settle(): Promise<string[]> {
    await turn();
    await turn();
    this.#outgoing.flush();
    return this.said;
  }

  async go(ticket: number, how: 'end' | 'throw' | 'silent' = 'end'): Promise<string[]> {
    this.running.get(ticket)?.go(how);
    return this.settle();
  }
}

let stage: Stage;

beforeEach(() => {
  stage = new Stage(1);
});

describe('what is over before its turn', () => {
  const orders = {
    nothing: () => undefined,
    cancel: (processor: Processor) => processor.cancel(2),
    recall: (processor: Processor) => processor.recall(2, 'recalled'),
    discard: (processor: Processor) => processor.discard(2),
    'cancel, then discard': (processor: Processor) => {
      processor.cancel(2);
      processor.discard(2);
    },
    'recall, then cancel': (processor: Processor) => {
      processor.recall(2, 'recalled');
      processor.cancel(2);
    },
  };

  test.each([
    ['nothing', '2 session_started', [1, 2, 3]],
    ['cancel', '2 session_stopped', [1, 3]],
    ['recall', '2 session_released', [1, 3]],
    ['discard', '2 ended', [1, 3]],
    ['cancel, then discard', '2 session_stopped', [1, 3]],
    ['recall, then cancel', '2 session_released', [1, 3]],
  ] as const)('[P130] [P133] %s → "%s", at once and once', async (order, word, ran) => {
    for (const ticket of [1, 2, 3]) stage.processor.accept(ticket, grant(ticket));
    await stage.settle();
    orders[order](stage.processor);
    // Said while another one still runs.
    expect(stage.running.has(1)).toBe(true);
    if (order !== 'nothing') expect((await stage.settle()).at(-1)).toBe(word);
    for (const ticket of [1, 2, 3]) await stage.go(ticket);
    expect(stage.ran).toEqual(ran);
    if (order === 'nothing') expect(stage.said).toContain(word);
    else expect(stage.said.filter((each) => each.startsWith('2 '))).toEqual([word]);
    expect(stage.said.at(-1)).toBe('3 session_complete');
  });

  test('[P133] an order that comes in the turn in which the loop wakes up is not too late', async () => {
    await stage.settle();
    stage.processor.accept(1, grant(1));
    stage.processor.recall(1, 'drained');
    expect(await stage.settle()).toEqual(['1 session_released']);
    expect(stage.ran).toEqual([]);
  });
});

describe('flags', () => {
  test('[P131] a cancel of the lease before does not touch the item’s next one', async () => {
    stage.processor.accept(1, grant(7, 1));
    await stage.settle();
    await stage.go(1);
    stage.processor.cancel(1);
    stage.processor.accept(2, grant(7, 2));
    await stage.settle();
    stage.processor.cancel(1);
    stage.processor.discard(1);
    expect(stage.running.get(2)?.task.interruption).toBeNull();
    expect(await stage.go(2)).toEqual([
      ...['1 session_started', '1 session_complete'],
      ...['2 session_started', '2 session_complete'],
    ]);
  });

  test.each([
    [[], [null, null, null]],
    [[2], [null, 'canceled', null]],
    [
      [1, 3],
      ['canceled', null, 'canceled'],
    ],
    [
      [1, 2, 3],
      ['canceled', 'canceled', 'canceled'],
    ],
    [
      [4, 99],
      [null, null, null],
    ],
  ])('[P134] a cancel of %j flags those of them that run', async (tickets, flags) => {
    stage = new Stage(3);
    for (const ticket of [1, 2, 3]) stage.processor.accept(ticket, grant(ticket));
    await stage.settle();
    for (const ticket of tickets) stage.processor.cancel(ticket);
    expect([1, 2, 3].map((ticket) => stage.running.get(ticket)?.task.interruption)).toEqual(flags);
  });

  test('[P134] an idle device takes any order', async () => {
    stage.processor.cancel(1);
    stage.processor.recall(1, 'recalled');
    stage.processor.discard(1);
    expect(await stage.settle()).toEqual([]);
  });

  test('what was discarded stays so when a user cancels it', async () => {
    stage.processor.accept(1, grant(1));
    await stage.settle();
    stage.processor.discard(1);
    stage.processor.cancel(1);
    expect(await stage.go(1)).toEqual(['1 session_started', '1 ended']);
  });
});

describe('the local item', () => {
  test('[P132] is canceled as soon as the queue says so, and what its session says after that is that it stopped', async () => {
    stage.processor.accept(1, grant(1));
    await stage.settle();
    const { task } = stage.running.get(1) ?? {};
    expect(task?.status).toBe('in_progress');
    stage.processor.cancel(1);
    expect(task?.status).toBe('canceled');
    expect(task?.isOver).toBe(false);
    expect(await stage.go(1)).toEqual(['1 session_started', '1 session_stopped']);
    expect(task?.isOver).toBe(true);
  });

  test('a completion that was said wins', async () => {
    stage.processor.accept(1, grant(1));
    await stage.settle();
    const { task } = stage.running.get(1) ?? {};
    await stage.go(1);
    stage.processor.cancel(1);
    expect(task?.status).toBe('completed');
  });

  test('is known as long as it is not over', async () => {
    for (const ticket of [1, 2, 3]) stage.processor.accept(ticket, grant(ticket));
    await stage.settle();
    stage.processor.recall(2, 'recalled');
    expect([...stage.processor.tasks].map(({ ticket, isStarted }) => [ticket, isStarted])).toEqual([
      [1, true],
      [3, false],
    ]);
    await stage.go(1);
    await stage.go(3);
    expect([...stage.processor.tasks]).toEqual([]);
  });
});

describe('failures of our own', () => {
  test('fail the item, are told to who listens, and the loop goes on', async () => {
    const told: unknown[] = [];
    const processor_error: SessionHooks['processor_error'] = ({ item, error }) =>
      void told.push([item?.item_id, error.error_message]);
    stage = new Stage(1, [{ processor_error }]);
    stage.processor.accept(1, grant(1));
    stage.processor.accept(2, grant(2));
    await stage.settle();
    await stage.go(1, 'throw');
    await stage.go(2);
    expect(stage.said).toEqual([
      ...['1 session_started', '1 session_failed ProcessorError: broken'],
      ...['2 session_started', '2 session_complete'],
    ]);
    expect(told).toEqual([[1, 'broken']]);
    await stage.processor.failed(new Error('of nobody'));
    expect(told.at(-1)).toEqual([undefined, 'of nobody']);
  });

  test('a session that ends without a word fails rather than stay in progress', async () => {
    stage.processor.accept(1, grant(1));
    await stage.settle();
    expect((await stage.go(1, 'silent')).at(-1)).toBe(
      '1 session_failed ProcessorError: the session ended without a word of how',
    );
  });

  test('after the last entry, nothing more is said of the item, and who listens is told', async () => {
    const told: unknown[] = [];
    const broken = () => {
      throw new Error('too late');
    };
    const processor_error: SessionHooks['processor_error'] = ({ item }) => {
      told.push(item?.item_id);
      throw new Error('and again');
    };
    stage = new Stage(1, [{ session_over: broken, processor_error }]);
    stage.processor.accept(1, grant(1));
    stage.processor.accept(2, grant(2));
    await stage.settle();
    await stage.go(1);
    await stage.go(2);
    expect(stage.said).toEqual([
      ...['1 session_started', '1 session_complete'],
      ...['2 session_started', '2 session_complete'],
    ]);
    expect(told).toEqual([1, 2]);
  });

  test('of one session leave those beside it alone', async () => {
    stage = new Stage(2);
    for (const ticket of [1, 2, 3]) stage.processor.accept(ticket, grant(ticket));
    await stage.settle();
    expect([...stage.slots.values()]).toEqual([1, 2]);
    await stage.go(1, 'throw');
    expect([...stage.running.keys()]).toEqual([2, 3]);
    await stage.go(3);
    await stage.go(2);
    expect(stage.said.slice(-2)).toEqual(['3 session_complete', '2 session_complete']);
  });
});

type Order = { kind: 'accept' } | { kind: 'cancel' | 'recall' | 'discard' | 'end' | 'throw'; ticket: number };

const order: fc.Arbitrary<Order> = fc.oneof(
  fc.constant<Order>({ kind: 'accept' }),
  fc.record({
    kind: fc.constantFrom('cancel' as const, 'recall' as const, 'discard' as const, 'end' as const, 'throw' as const),
    ticket: fc.integer({ min: 1, max: 12 }),
  }),
);

/** What the device ought to say last of each ticket, from the orders alone. */
class Model {
  readonly waiting: number[] = [];
  readonly running = new Map<number, string | null>();
  readonly last = new Map<number, string>();
  readonly ran: number[] = [];
  readonly #sessions: number;
  accepted = 0;

  constructor(sessions: number) {
    this.#sessions = sessions;
  }

  apply(order: Order): void {
    if (order.kind === 'accept') this.waiting.push(++this.accepted);
    else this.#order(order.kind, order.ticket);
    while (this.running.size < this.#sessions && this.waiting.length > 0) {
      const ticket = this.waiting.shift() ?? 0;
      this.ran.push(ticket);
      this.running.set(ticket, null);
    }
  }

  #order(kind: Exclude<Order['kind'], 'accept'>, ticket: number): void {
    const at = this.waiting.indexOf(ticket);
    const flag = this.running.get(ticket);
    if (kind === 'end' || kind === 'throw') {
      if (flag === undefined) return;
      this.running.delete(ticket);
      this.last.set(ticket, flag ?? (kind === 'end' ? 'session_complete' : 'session_failed'));
    } else if (at !== -1) {
      this.waiting.splice(at, 1);
      this.last.set(ticket, { cancel: 'session_stopped', recall: 'session_released', discard: 'ended' }[kind]);
    } else if (flag !== undefined && kind !== 'recall' && flag !== 'ended')
      this.running.set(ticket, kind === 'cancel' ? 'session_stopped' : 'ended');
  }
}

test('any orders, for any number of sessions at a time: each item runs at most once, in order, and ends once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(order, { minLength: 10, maxLength: 60 }),
      async (sessions, orders) => {
        const over: number[] = [];
        const it = new Stage(sessions, [{ session_over: ({ item }) => void over.push(item.item_id) }]);
        const model = new Model(sessions);
        for (const each of orders) {
          if (each.kind === 'accept') it.processor.accept(model.accepted + 1, grant(model.accepted + 1));
          else if (each.kind === 'end' || each.kind === 'throw') it.running.get(each.ticket)?.go(each.kind);
          else if (each.kind === 'recall') it.processor.recall(each.ticket, 'recalled');
          else it.processor[each.kind](each.ticket);
          model.apply(each);
          await it.settle();
          expect(new Set(it.running.keys())).toEqual(new Set(model.running.keys()));
          expect(new Set(it.slots.values())).toEqual(new Set(model.running.keys()));
        }
        expect(it.ran).toEqual(model.ran);
        const last = it.said.map((each) => each.split(' ')).filter(([, word]) => word !== 'session_started');
        expect(last).toHaveLength(model.last.size);
        expect(new Map(last.map(([ticket, word]) => [Number(ticket), word]))).toEqual(model.last);
        expect(over).toHaveLength(model.ran.length - model.running.size);
        expect([...it.processor.tasks]).toHaveLength(model.running.size + model.waiting.length);
      },
    ),
    { numRuns: 150 },
  );
});
