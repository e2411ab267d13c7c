/**
 * Users, runners and a mirror around one queue. One seed decides what they do, and what the network between queue and
 * mirror does; the queue itself is the real one.
 */
import { vi } from 'vitest';
import { createClient } from '../../client/client.ts';
import type { KeptStorage } from '../../client/mirror/kept-state.ts';
import type { QueueMirror } from '../../client/mirror/queue-mirror.ts';
import type { NodeOutput } from '../../contract/graph/graph.ts';
import { isFinal } from '../../contract/queue/status.ts';
import type { CallbackEntry } from '../../contract/runner/callbacks.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import type { Principal } from '../../contract/store/key.ts';
import { ENGINE_VERSION } from '../../contract/version.ts';
import type { CompiledBatch } from '../../edge/queue/enqueue.ts';
import { Random } from '../sim/random.ts';
import { call } from '../support/chain-fixture.ts';
import { entries } from '../support/queue-entries.ts';
import { ADMIN, aBatch, ProtocolRunner, person, QueueFixture, RefusedError } from '../support/queue-fixture.ts';
import { FaultyService } from './faulty-service.ts';

const ANN = person('ann');
const BOB = person('bob');

const ITEMS_MAX = 60;

/** `draft` is intermediate, `many` runs in an iteration, and `note` returns nothing that a person would look at. */
const NODES = [
  { id: 'draft', type: 'integer', is_intermediate: true },
  { id: 'many', type: 'integer', is_intermediate: false },
  { id: 'note', type: 'integer', is_intermediate: false },
  { id: 'last', type: 'integer', is_intermediate: false },
];

const GRAPH = JSON.stringify({
  engine: ENGINE_VERSION,
  types: { integer: '1.0.0' },
  nodes: NODES.map((node) => ({ ...node, use_cache: true, value: 1 })),
  edges: [],
});

const sourceOf = (invocation_id: string): string => invocation_id.split('#')[0] as string;

interface Work {
  runner: ProtocolRunner;
  grant: Grant;
  started: boolean;
  /** Recorded under any lease. */
  recorded: number;
  /** Invocations that are left, in the order of their run. */
  left: string[];
  running: string | null;
}

export class MirrorWorld {
  readonly fixture: QueueFixture;
  readonly random: Random;
  readonly service: FaultyService;
  readonly viewer: Principal;
  mirror: QueueMirror;
  /** Results that the handlers of all pages were told of, with how often. */
  readonly told = new Map<string, number>();
  /** Ends that were told, by page and item; and failures. */
  readonly ended = new Map<string, number>();
  readonly failed = new Map<string, number>();
  readonly troubles: unknown[] = [];
  readonly owners = new Map<number, string>();
  pages = 0;
  readonly #runners: ProtocolRunner[];
  readonly #work = new Set<Work>();
  readonly #storage = new Map<string, string>();
  #batches = 0;

  static async open(seed: number): Promise<MirrorWorld> {
    const retention = { events_retention_seconds: 2, events_retention_count: 10 };
    return new MirrorWorld(await QueueFixture.open({ max_attempts: 2, ...retention }), new Random(seed));
  }

  private constructor(fixture: QueueFixture, random: Random) {
    this.fixture = fixture;
    this.random = random;
    // An admin is told of everybody's work, and must show no more than the own.
    this.viewer = random.chance(0.3) ? { ...ANN, scopes: ['admin'] } : ANN;
    this.service = new FaultyService(fixture, this.viewer, random);
    this.#runners = [1, 2].map((number) => new ProtocolRunner(fixture, `r${number}`).register({ integer: '1.0.0' }, 2));
    this.mirror = this.#page();
  }

  /** A page that is loaded, with what the one before has kept. */
  #page(): QueueMirror {
    this.pages++;
    const { fetch, WebSocket } = this.service;
    const client = createClient({ url: 'http://q', key: 'k', fetch, WebSocket, tickets: false, retries: 0 });
    const storage: KeptStorage = {
      getItem: (name) => this.#storage.get(name) ?? null,
      setItem: (name, value) => void this.#storage.set(name, value),
    };
    const mirror = client.queue('q').mirror({ storage });
    mirror.on('result', ({ item_id, invocation_id }) => {
      this.#count(this.told, `${item_id}/${invocation_id}`);
    });
    const page = this.pages;
    mirror.on('ended', ({ item_id }) => this.#count(this.ended, `${page}/${item_id}`));
    mirror.on('node_failed', ({ item_id, invocation_id }) => this.#count(this.failed, `${item_id}/${invocation_id}`));
    mirror.on('error', ({ cause, error }) => {
      if (cause !== 'read') this.troubles.push(error);
    });
    return mirror;
  }

  #count(counts: Map<string, number>, key: string): void {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }

  /** Until the first page knows the queue: what ended before is no business of it. */
  async begin(): Promise<void> {
    this.service.faulty = false;
    let isReady = false;
    void this.mirror.ready.then(() => {
      isReady = true;
    });
    for (let round = 0; !isReady; round++) {
      if (round > 1_000) throw new Error('the mirror does not begin');
      this.service.happen();
      await this.settle();
    }
    this.service.faulty = true;
  }

  close(): void {
    this.mirror.close();
    this.fixture.storage.close();
  }

  async settle(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** One thing happens: in the queue, in the network, or in time. */
  async happen(): Promise<void> {
    const { random } = this;
    const dice = random.next();
    if (dice < 0.35) this.#act();
    else if (dice < 0.97) {
      for (let times = random.between(1, 5); times > 0; times--) this.service.happen();
      await this.settle();
      vi.advanceTimersByTime(random.delay(60, 3_000));
    } else if (dice < 0.99) vi.advanceTimersByTime(random.between(1_000, 20_000));
    else {
      this.mirror.close();
      this.mirror = this.#page();
    }
    await this.settle();
  }

  /** No more faults, and everything comes to its end. */
  async drain(): Promise<void> {
    const { fixture, service } = this;
    service.faulty = false;
    for (let round = 0; this.#unfinished().length > 0; round++) {
      if (round > 2_000) throw new Error('the queue does not come to its end');
      this.#step(() => fixture.command('resume', null));
      if (this.#work.size === 0) this.#step(() => this.#claim());
      if (this.#work.size === 0) this.#step(() => this.#timePasses());
      this.#workOn();
    }
    // What failed is tried again after a while, so a moment of rest says little.
    for (let round = 0, still = 0; still < 8; round++) {
      if (round > 3_000) throw new Error(`the mirror does not come to rest: ${this.#unrest()}`);
      still = this.#isDrained ? still + 1 : 0;
      service.happen();
      await this.settle();
      vi.advanceTimersByTime(still > 0 ? 2_000 : 200);
      await this.settle();
      // What was lost last is missed at the next event; here there is none.
      if (service.isStill && this.mirror.state.sequence !== this.#last) service.breakAll();
    }
    this.mirror.close();
    await this.settle();
  }

  get #last(): number {
    return this.fixture.log.at(-1)?.sequence ?? 0;
  }

  get #isDrained(): boolean {
    const { state } = this.mirror;
    return (
      this.service.isStill &&
      state.connected &&
      state.sequence === this.#last &&
      [...state.items.values()].every((item) => item.whole && item.reading === null && !item.doubtful)
    );
  }

  #unrest(): string {
    const { state } = this.mirror;
    const items = [...state.items.values()].filter((item) => !item.whole || item.reading !== null);
    const { connected, sequence } = state;
    return JSON.stringify({ connected, sequence, last: this.#last, still: this.service.isStill, items });
  }

  #unfinished() {
    return this.fixture.read('items', { after: 0, limit: 1_000 }).items.filter((item) => !isFinal(item.status));
  }

  // What happens to the queue.

  #step(action: () => void): void {
    this.fixture.now += this.random.between(1, 300);
    try {
      action();
    } catch (error) {
      // What is refused has not happened.
      if (!(error instanceof RefusedError)) throw error;
    }
    this.service.tell();
  }

  #act(): void {
    const { random, fixture } = this;
    const principal = random.pick([ANN, ANN, BOB, ADMIN]);
    const { items } = fixture.read('items', { after: 0, limit: 1_000 });
    const item_id = items.length > 0 ? random.pick(items).item_id : 1;
    const command = (name: 'cancel_all' | 'clear' | 'prune' | 'pause' | 'resume' | 'delete_all_except_current') =>
      fixture.command(name, null, principal);
    const acts: { weight: number; act: () => void }[] = [
      { weight: items.length < ITEMS_MAX ? 6 : 0, act: () => fixture.enqueue(this.#batch(principal)) },
      { weight: 10, act: () => this.#claim() },
      { weight: 60, act: () => this.#workOn() },
      { weight: 2, act: () => fixture.command('cancel_item', item_id, principal) },
      { weight: 1, act: () => fixture.command('delete_item', item_id, principal) },
      { weight: 2, act: () => fixture.command('retry', { item_ids: [item_id], idempotency: null }, principal) },
      { weight: 0.5, act: () => fixture.command('cancel_by_batch_ids', [`b${this.#batches}`], principal) },
      { weight: 0.3, act: () => command('cancel_all') },
      { weight: 0.2, act: () => command('delete_all_except_current') },
      { weight: 0.2, act: () => command('clear') },
      { weight: 0.5, act: () => command('prune') },
      { weight: 0.5, act: () => fixture.command('pause', null) },
      { weight: 1, act: () => fixture.command('resume', null) },
      { weight: 1, act: () => this.#timePasses() },
    ];
    this.#step(random.weighted(acts).act);
  }

  #batch({ user_id }: Principal): CompiledBatch {
    const count = this.random.between(1, 4);
    const batch_id = `b${++this.#batches}`;
    return aBatch({ batch_id, user_id, origin: 'workflows', runs: count, requested: count, groups: [], graph: GRAPH });
  }

  /** Long enough for the log to forget, and for a silent runner to be lost. */
  #timePasses(): void {
    this.fixture.ring(this.fixture.now + 61_000);
    this.#work.clear();
    for (const runner of this.#runners) runner.register({ integer: '1.0.0' }, 2);
    this.fixture.ring(this.fixture.now + 101);
  }

  #claim(): void {
    const runner = this.random.pick(this.#runners);
    for (const grant of runner.claim(this.random.between(1, 2))) {
      const copies = Array.from({ length: this.random.between(0, 4) }, (_, index) => `many#${index}`);
      this.owners.set(grant.item_id, grant.user_id);
      const isChild = grant.batch_id.startsWith('call-');
      const all = isChild ? ['n'] : ['draft', ...copies, 'note', 'last'];
      const done = new Set(grant.results.map((result) => result.invocation_id));
      const left = all.filter((invocation_id) => !done.has(invocation_id));
      this.#work.add({ runner, grant, started: false, recorded: done.size, left, running: null });
    }
  }

  /** The next entry of some session, now and then twice. */
  #workOn(): void {
    const { random } = this;
    if (this.#work.size === 0) return;
    const work = random.pick([...this.#work]);
    const next = this.#next(work);
    if (next === null) return;
    this.#step(() => {
      const [answer] = work.runner.post(next);
      if (answer === 'stale' || answer === 'gone') this.#work.delete(work);
      if (random.chance(0.05)) work.runner.post(next);
    });
  }

  #next(work: Work): CallbackEntry | null {
    const { random } = this;
    const { grant } = work;
    const said = entries(grant);
    const end = (entry: CallbackEntry) => {
      this.#work.delete(work);
      return entry;
    };
    if (!work.started) {
      work.started = true;
      return said.started;
    }
    if (random.chance(0.02)) return end(said.released);
    const [invocation_id] = work.left;
    if (invocation_id === undefined) {
      if (random.chance(0.05)) return end({ ...said.failed, results: work.recorded });
      return end({ ...said.complete, results: work.recorded });
    }
    if (work.running === null && random.chance(0.05) && !grant.batch_id.startsWith('call-')) {
      this.#step(() => call(this.fixture, grant, `${grant.item_id}-${work.left.length}`, 1));
      return null;
    }
    if (work.running === null && random.chance(0.9)) {
      work.running = invocation_id;
      return { ...said.running, invocation_id };
    }
    work.running = null;
    if (random.chance(0.04)) return end({ ...said.error, invocation_id });
    work.left.shift();
    work.recorded++;
    return { ...said.result, invocation_id, result: resultOf(grant.item_id, invocation_id) };
  }
}

const resultOf = (item_id: number, invocation_id: string): NodeOutput =>
  sourceOf(invocation_id) === 'note'
    ? { type: 'integer_output', value: 1 }
    : { type: 'image_output', image: { image_name: `${item_id}-${invocation_id}.png` }, width: 1, height: 1 };
