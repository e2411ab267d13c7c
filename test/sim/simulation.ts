/**
 * One run: users, runners and watchers around one queue, in a world where everything that can go wrong does. One seed
 * decides all of it. Now and then the faults end, and what is left must come to its end.
 */
import { DEFAULT_QUEUE_SETTINGS, type QueueSettings } from '../../contract/queue/queue.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import { ADMIN, person } from '../support/queue-fixture.ts';
import { FAULTS, NO_FAULTS } from './faults.ts';
import { compareAlarm } from './invariants/alarm.ts';
import { told } from './invariants/step.ts';
import { Network } from './network.ts';
import { SimulatedObject, Unreachable, type World } from './object.ts';
import { Oracle } from './oracle.ts';
import { Random } from './random.ts';
import { SimulatedRunner } from './runner.ts';
import { SimulatedStorage } from './storage.ts';
import { inTime, Timeline } from './timeline.ts';
import { Trace } from './trace.ts';
import { someBatch, someChildren, someCommand, type Users } from './users.ts';
import { hold } from './violation.ts';
import { Watcher } from './watcher.ts';
import type { Body } from './work.ts';

const SETTINGS: QueueSettings = {
  ...DEFAULT_QUEUE_SETTINGS,
  max_queue_size: 200,
  events_retention_seconds: 20,
  events_retention_count: 100,
  finished_retention_seconds: null,
  finished_retention_count: null,
  idempotency_retention_seconds: 600,
};

/** Steps between two calms; those that a calm takes, about; and the time and steps in which what is left must end. */
const STORM_STEPS = 2_000;
const CALM_STEPS = 1_000;
const CALM_MS = 300_000;
const CALM_STEPS_MAX = 20_000;
/** In a calm users and troubles look this often whether it is over. */
const PAUSE_MS = 5_000;
/** Between two looks at every row. */
const INSPECTION_STEPS = 500;

const BOTH = { integer: '1.0.0', string: '1.0.0' };
const ONE = { integer: '1.0.0' };

export class Simulation {
  readonly seed: number;
  readonly trace = new Trace();
  readonly #world: World;
  readonly #object: SimulatedObject;
  readonly #oracle: Oracle;
  readonly #network: Network;
  readonly #runners: SimulatedRunner[];
  readonly #watchers: Watcher[];
  readonly #users: Users;
  #version = 0;
  #isCalm = false;

  static async open(seed: number): Promise<Simulation> {
    return new Simulation(seed, await SimulatedStorage.open());
  }

  private constructor(seed: number, storage: SimulatedStorage) {
    this.seed = seed;
    const world: World = { timeline: new Timeline(), random: new Random(seed), trace: this.trace, faults: FAULTS };
    this.#world = world;
    this.#oracle = new Oracle(storage, (runner) => this.#object.isConnected(runner.runner_no));
    this.#object = new SimulatedObject(world, storage, this.#oracle);
    this.#network = new Network(world);
    const { model } = this.#oracle;
    const graphs = new Map<string, readonly string[]>();
    this.#users = { world, model, graphs, attempts: [] };
    const parts = {
      world,
      network: this.#network,
      object: this.#object,
      nodesOf: (id: string) => graphs.get(id) ?? [],
      childrenOf: (grant: Grant, id: string) => someChildren(this.#users, grant, id),
    };
    this.#runners = [BOTH, BOTH, ONE, ONE].map((types, index) => new SimulatedRunner(`r${index + 1}`, types, parts));
    const watching = { world, object: this.#object, model, spoken: new Map<number, string>() };
    this.#watchers = [
      new Watcher('admin', ADMIN, {}, false, watching),
      new Watcher('studio', ADMIN, {}, true, watching),
      new Watcher('ann', person('ann'), {}, true, watching),
      new Watcher('bob', person('bob'), {}, false, watching),
      new Watcher('item', ADMIN, { item_id: 7 }, false, watching),
      new Watcher('batch', ADMIN, { batch_id: 'b3' }, true, watching),
    ];
    this.#object.configure(SETTINGS, ++this.#version);
    for (const runner of this.#runners) world.timeline.after(world.random.between(0, 1_000), () => runner.start());
    for (const watcher of this.#watchers) world.timeline.after(world.random.between(0, 1_000), () => watcher.connect());
    this.#planCommand();
    this.#planTrouble();
  }

  /** So many steps, and a calm at their end. Throws a Violation. */
  run(steps: number): void {
    inTime(this.#world.timeline, () => this.#run(steps));
  }

  #run(steps: number): void {
    do {
      const storm = Math.min(STORM_STEPS, Math.max(0, steps - this.trace.steps - CALM_STEPS));
      for (let step = 0; step < storm; step++) this.#step();
      this.#calm();
    } while (steps - this.trace.steps > CALM_STEPS);
  }

  close(): void {
    this.#object.storage.close();
  }

  #step(): void {
    this.#world.timeline.step();
    this.trace.steps += 1;
    compareAlarm(this.#oracle.model, this.#object, this.#world.timeline.wall, this.#oracle.wall);
    if (this.trace.steps % INSPECTION_STEPS === 0) this.#oracle.inspect();
  }

  // Users.

  #planCommand(): void {
    const { timeline, random } = this.#world;
    timeline.after(this.#isCalm ? PAUSE_MS : random.delay(400, 5_000), () => {
      if (!this.#isCalm) this.#command();
      this.#planCommand();
    });
  }

  #command(): void {
    const chosen = someCommand(this.#users);
    if (!chosen) return;
    const { name, principal, input } = chosen;
    const told = name === 'enqueue' ? this.#toldBatch(input as { batch_id: string }) : JSON.stringify(input);
    this.#network.call(
      `${principal.user_id} ${name} ${told}`,
      () => this.#object.command(name, principal, input),
      () => {},
    );
  }

  #toldBatch = (batch: object): string => {
    const { batch_id, requested, start_after, deadline } = batch as Record<string, number>;
    const { wall } = this.#world.timeline;
    const when = (name: string, at: number | null | undefined) => (at ? ` ${name} in ${at - wall} ms` : '');
    return `${batch_id} with ${requested}${when('starts', start_after)}${when('ends', deadline)}`;
  };

  // Trouble.

  #planTrouble(): void {
    const { timeline, random } = this.#world;
    timeline.after(this.#isCalm ? PAUSE_MS : random.between(100, 1_500), () => {
      if (!this.#isCalm) this.#trouble();
      this.#planTrouble();
    });
  }

  #trouble(): void {
    const { random, timeline, trace } = this.#world;
    const runner = random.pick(this.#runners);
    const later = (delay: number, happen: () => void) => timeline.after(delay, happen);
    const jump = (milliseconds: number) => {
      trace.add(`clock    jumps by ${milliseconds} ms`);
      timeline.skew += milliseconds;
      this.#object.jumped();
    };
    const away = (milliseconds: number) => {
      trace.add(`object   is away for ${milliseconds} ms`);
      this.#object.leave(milliseconds);
    };
    const troubles: { weight: number; happen: () => void }[] = [
      {
        weight: 10,
        happen: () => {
          trace.add('object   hibernates');
          this.#object.hibernate();
        },
      },
      {
        weight: 3,
        happen: () => {
          trace.add('object   restarts');
          this.#object.crash();
        },
      },
      { weight: 2, happen: () => away(random.between(500, 10_000)) },
      { weight: 1, happen: () => away(random.between(10_000, 120_000)) },
      {
        weight: 4,
        happen: () => {
          runner.die();
          later(random.delay(3_000, 60_000), () => runner.start());
        },
      },
      {
        weight: 2,
        happen: () => {
          runner.drain();
          later(random.between(10_000, 60_000), () => runner.start());
        },
      },
      { weight: 3, happen: () => runner.breakSocket() },
      { weight: 4, happen: () => random.pick(this.#watchers).breakSocket() },
      { weight: 0.5, happen: () => jump(random.between(100, 20_000)) },
      { weight: 0.3, happen: () => jump(random.between(60_000, 7_200_000)) },
      { weight: 1, happen: () => jump(-random.between(1_000, 60_000)) },
      { weight: 4, happen: () => jump(-random.between(1, 1_000)) },
      { weight: 12, happen: () => this.#confuse() },
      { weight: 1, happen: () => this.#configure() },
    ];
    random.weighted(troubles).happen();
  }

  /** Somebody ends a lease that is another's, or quotes one that never was, or says more than is true. */
  #confuse(): void {
    const { random } = this.#world;
    const [holder, other] = [random.pick(this.#runners), random.pick(this.#runners)];
    const held = random.pick(holder.held);
    if (!held) return;
    const { item_id, fence, token } = held.grant;
    const last = random.pick<Body>([
      { kind: 'session_complete', results: 0 },
      { kind: 'session_failed', results: 0, error: { error_type: 'Wrong', error_message: '', error_traceback: null } },
      { kind: 'session_released', reason: 'wrong' },
      { kind: 'session_report', report: { log: [] } },
    ]);
    const wrong: (() => void)[] = [
      () => other !== holder && other.post({ item_id, fence, token, ...last }),
      () => holder.post({ item_id, fence, token: 'guessed', ...last }),
      () => holder.post({ item_id, fence: fence - 1, token, ...last }),
      () => holder.post({ item_id, fence, token, kind: 'session_complete', results: 99 }),
    ];
    random.pick(wrong)();
  }

  #configure(): void {
    const { random, trace } = this.#world;
    const settings: QueueSettings = {
      ...SETTINGS,
      max_attempts: random.between(1, 4),
      runner_timeout_seconds: random.pick([5, 15, 30]),
      order: random.pick(['fair', 'fifo']),
      max_queue_size: random.pick([200, 40]),
      max_user_pending: random.pick([null, 20]),
      finished_retention_seconds: random.pick([null, 60]),
      finished_retention_count: random.pick([null, 20]),
      max_run_seconds: random.pick([null, 30, 86_400]),
      invocation_cache: random.pick(['user', 'user', 'shared', 'off']),
      invocation_cache_max: random.pick([10_000, 3]),
    };
    try {
      this.#object.configure(settings, ++this.#version);
      trace.add(`settings ${settings.max_attempts} attempts, ${settings.runner_timeout_seconds} s, ${settings.order}`);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    }
  }

  // Calm.

  /** No more faults: everything ends, and everybody who watches sees it. */
  #calm(): void {
    const { trace } = this.#world;
    trace.add('calm');
    this.#isCalm = true;
    this.#world.faults = NO_FAULTS;
    this.#object.comeBack();
    this.#encourage();
    this.#settle();
    this.#enqueueUnheard();
    this.#settle();
    for (const watcher of this.#watchers) watcher.compare();
    this.#oracle.inspect();
    this.#world.faults = FAULTS;
    this.#isCalm = false;
    trace.add('storm');
  }

  /** Something is enqueued whose wakes are lost, while everybody idles. */
  #enqueueUnheard(): void {
    this.#world.faults = { ...NO_FAULTS, crashAfterCommit: 1 };
    try {
      this.#object.command('enqueue', ADMIN, someBatch(this.#users, ADMIN, { start_after: null }));
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    }
    this.#world.faults = NO_FAULTS;
  }

  /** Lets everything come to its end. */
  #settle(): void {
    const { timeline, trace } = this.#world;
    const { model } = this.#oracle;
    // Clocks went to and fro: what was to start in a minute may have to wait longer.
    const starts = [...model.open].map(({ batch }) => (batch.start_after ?? 0) - timeline.wall);
    const until = timeline.elapsed + CALM_MS + Math.max(0, ...starts);
    const stepsMax = trace.steps + CALM_STEPS_MAX;
    while (!this.#isOver && timeline.elapsed < until && trace.steps < stepsMax) this.#step();
    const left = [...model.open].map(told);
    hold('what-can-run-runs', left.length === 0, () => `after ${CALM_MS} ms without faults: ${left.join('; ')}`);
    for (const { isAlive, runner_id, held } of this.#runners)
      hold(
        'what-can-run-runs',
        !isAlive || held.length === 0,
        () => `${runner_id} still works on ${held.map(({ grant }) => grant.item_id).join(', ')}`,
      );
    for (const watcher of this.#watchers)
      hold('clients-converge', watcher.hasCaughtUp, () => `${watcher.name} has not caught up`);
  }

  get #isOver(): boolean {
    const { model } = this.#oracle;
    return (
      model.open.size === 0 &&
      !model.paused &&
      this.#runners.every((runner) => runner.held.length === 0 || !runner.isAlive) &&
      this.#watchers.every((watcher) => watcher.hasCaughtUp)
    );
  }

  /** Every few seconds of a calm: whoever is gone comes back. */
  #encourage(): void {
    if (!this.#isCalm) return;
    for (const runner of this.#runners) runner.start();
    for (const watcher of this.#watchers) watcher.connect();
    if (this.#oracle.model.paused)
      this.#network.call(
        'system resume',
        () => this.#object.command('resume', ADMIN, null),
        () => {},
      );
    this.#world.timeline.after(2_000, () => this.#encourage());
  }
}
