/** A queue to which everything happens that is announced, in an order that a test draws. */
import type { Principal } from '../../contract/store/key.ts';
import { call } from './chain-fixture.ts';
import { entries } from './queue-entries.ts';
import { ADMIN, ProtocolRunner, person, plainBatch, QueueFixture, RefusedError } from './queue-fixture.ts';
import { Listener } from './stream-clients.ts';

const ANN = person('ann');
const BOB = person('bob');

/** Who listens from before the first event: everybody, with and without a filter. */
export const VIEWS: Record<string, [Principal, ConstructorParameters<typeof Listener>[1]]> = {
  admin: [ADMIN, {}],
  ann: [ANN, {}],
  bob: [BOB, {}],
  'item of ann, for an admin': [ADMIN, { item_id: 2 }],
  'item of ann, for ann': [ANN, { item_id: 2 }],
  'item of ann, for bob': [BOB, { item_id: 2 }],
  'batch of ann, for ann': [ANN, { batch_id: 'of-ann' }],
  'batch of ann, for bob': [BOB, { batch_id: 'of-ann' }],
};

export class History {
  readonly fixture: QueueFixture;
  readonly listeners = new Map(Object.entries(VIEWS).map(([name, [who, filter]]) => [name, new Listener(who, filter)]));
  readonly #runners: ProtocolRunner[];
  #told = 0;
  #batches = 0;

  static async begin(): Promise<History> {
    return new History(await QueueFixture.open({ max_attempts: 2 }));
  }

  private constructor(fixture: QueueFixture) {
    this.fixture = fixture;
    this.#runners = [new ProtocolRunner(fixture, 'r1'), new ProtocolRunner(fixture, 'r2')];
    for (const runner of this.#runners) runner.register();
    fixture.enqueue(plainBatch('of-ann', 4, { user_id: 'ann', origin: 'here', destination: 'there' }));
    this.#tell();
  }

  get last(): number {
    return this.fixture.log.at(-1)?.sequence ?? 0;
  }

  /** What is refused has not happened. */
  step(action: () => void): void {
    this.fixture.now += 10;
    try {
      action();
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
    }
    this.#tell();
  }

  #tell(): void {
    const { log } = this.fixture;
    for (; this.#told < log.length; this.#told++)
      for (const listener of this.listeners.values()) {
        const row = log[this.#told];
        if (row) listener.hear(this.fixture, row);
      }
  }

  /** One of everything that can happen; `dice` are whole numbers that decide what, to which item, and by whom. */
  happen([which, item, who]: readonly [number, number, number]): void {
    this.make(WEIGHED[which % WEIGHED.length] as string, item, who);
  }

  make(name: string, item: number, who: number): void {
    const runner = this.#runners[who % this.#runners.length] as ProtocolRunner;
    const { items } = this.fixture.read('items', { after: 0, limit: 1_000 });
    const principal = [ADMIN, ANN, BOB][who % 3] as Principal;
    const item_id = items[item % Math.max(1, items.length)]?.item_id ?? 1;
    const scene = { fixture: this.fixture, runner, principal, item_id, batch_id: `batch-${++this.#batches}` };
    this.step(() => HAPPENINGS[name]?.(scene));
  }
}

interface Scene {
  fixture: QueueFixture;
  runner: ProtocolRunner;
  principal: Principal;
  item_id: number;
  batch_id: string;
}

const claimed = ({ runner }: Scene) => runner.claim(1)[0];

/** Each may be refused. */
export const HAPPENINGS: Record<string, (scene: Scene) => void> = {
  enqueue: ({ fixture, principal, batch_id }) =>
    fixture.enqueue(plainBatch(batch_id, 3, { user_id: principal.user_id, destination: 'there' })),
  run(scene) {
    const grant = claimed(scene);
    if (grant) scene.runner.run(grant);
  },
  run_on(scene) {
    const grant = claimed(scene);
    if (grant) scene.runner.post(entries(grant).started, entries(grant).running, entries(grant).result);
  },
  start(scene) {
    const grant = claimed(scene);
    if (grant) scene.runner.start(grant);
  },
  fail(scene) {
    const grant = claimed(scene);
    if (grant) scene.runner.post(entries(grant).started, entries(grant).running, entries(grant).error);
  },
  cancel_item: ({ fixture, principal, item_id }) => fixture.command('cancel_item', item_id, principal),
  cancel_by_batch_ids: ({ fixture, principal }) =>
    fixture.command('cancel_by_batch_ids', ['of-ann', 'batch-1', 'batch-2'], principal),
  cancel_by_destination: ({ fixture, principal }) => fixture.command('cancel_by_destination', 'there', principal),
  cancel_all: ({ fixture, principal }) => fixture.command('cancel_all', null, principal),
  cancel_all_except_current: ({ fixture, principal }) => fixture.command('cancel_all_except_current', null, principal),
  delete_item: ({ fixture, principal, item_id }) => fixture.command('delete_item', item_id, principal),
  delete_by_destination: ({ fixture, principal }) => fixture.command('delete_by_destination', 'there', principal),
  delete_all_except_current: ({ fixture, principal }) => fixture.command('delete_all_except_current', null, principal),
  clear: ({ fixture, principal }) => fixture.command('clear', null, principal),
  prune: ({ fixture, principal }) => fixture.command('prune', null, principal),
  retry({ fixture, principal, item_id }) {
    const ended = fixture
      .read('items', { after: 0, limit: 1_000 })
      .items.filter(({ status }) => status === 'failed' || status === 'canceled');
    const item_ids = [item_id, ...ended.map((item) => item.item_id).slice(-2)];
    fixture.command('retry', { item_ids, idempotency: null }, principal);
  },
  call_workflow(scene) {
    const grant = claimed(scene);
    if (!grant) return;
    scene.runner.start(grant);
    call(scene.fixture, grant, scene.batch_id);
  },
  pause: ({ fixture }) => fixture.command('pause', null),
  resume: ({ fixture }) => fixture.command('resume', null),
  forget: ({ runner }) => runner.heartbeat([]),
  register_anew: ({ runner, item_id }) => runner.register({ integer: '1.0.0', add: '1.0.0' }, 1 + (item_id % 3)),
  silence: ({ fixture }) => fixture.ring(fixture.now + 15_001),
};

/** What makes work happens more often than what ends all of it, or little would be left to happen to. */
const WEIGHED = Object.keys(HAPPENINGS).flatMap((name) =>
  Array<string>(['enqueue', 'run', 'run_on', 'start', 'fail', 'retry', 'resume'].includes(name) ? 4 : 1).fill(name),
);
