/**
 * kill -9 at random moments of a batch of iterations: agents (with their disks), device children, and workerd. The
 * moments are numbers of recorded results, drawn from a seed, as are how many sessions a device runs at a time and whether
 * they share results: `SWITCHYARD_CHAOS_SEED=7` repeats one, `SWITCHYARD_CHAOS_ITEMS` makes the batch larger.
 *
 * What may run twice is said by the leases. A result is recorded under the fence of one lease. A call under a later one
 * had the result and made it again: only ephemeral values may, where something that was not recorded yet needs them. A
 * call under an earlier one was lost, which needs a process that was killed, or a lease that was given to another runner
 * before the queue had heard of its start: an edge that goes away loses nothing.
 */
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { QueueClient } from '../../client/queue.ts';
import type { InvocationRecord } from '../../contract/queue/item.ts';
import type { LocalSystem } from '../../infra/local/system.ts';
import type { NodeCall } from '../support/counted-nodes.ts';
import { CAN_SEE_PROCESSES, scratch } from './support/command.ts';
import { edge } from './support/graph.ts';
import { type Completed, invocationsOf, nameOf, readEvents } from './support/invocations.ts';
import { killEdge, localEdge, makeQueue } from './support/local-edge.ts';
import { nodeCalls, TestAgent } from './support/test-agent.ts';

const PATIENCE_MS = 400_000;
const ITEMS = Number(process.env.SWITCHYARD_CHAOS_ITEMS ?? 200);
const SEED = Number(process.env.SWITCHYARD_CHAOS_SEED ?? 11);
const AGENTS = 2;
const NODE_MS = 3;
/** More than the queue may be away without noticing it (OUTAGE_MS), so that it takes no runner for lost that is not. */
const TIMEOUT_SECONDS = 10;
/** Deaths of each kind. */
const KILLS = { agent: 4, device: 5, edge: 4 };
const LAPS = 3;

/** A list to go through; values that stay on the device; a picture that another node reads. */
const graphOf = (use_cache: boolean) => ({
  nodes: Object.fromEntries(
    Object.entries({
      seed: { type: 'integer', value: 0 },
      all: { type: 'range', start: 0, stop: LAPS, step: 1 },
      each: { type: 'iterate' },
      sum: { type: 'add' },
      base: { type: 'tensor_from_list', values: [1, 2, 3] },
      scaled: { type: 'tensor_math', operation: 'mul' },
      list: { type: 'tensor_to_list' },
      sums: { type: 'collect' },
      side: { type: 'add', b: 16 },
      picture: { type: 'blank_image', height: 8 },
      info: { type: 'image_info' },
      total: { type: 'integer_collection', is_intermediate: false },
    }).map(([id, node]) => [id, { is_intermediate: true, use_cache, ...node }]),
  ),
  edges: [
    edge('all.collection', 'each.collection'),
    edge('each.item', 'sum.a'),
    edge('seed.value', 'sum.b'),
    edge('base.tensor', 'scaled.a'),
    edge('sum.value', 'scaled.value'),
    edge('scaled.tensor', 'list.tensor'),
    edge('sum.value', 'sums.item'),
    edge('seed.value', 'side.a'),
    edge('side.value', 'picture.width'),
    edge('picture.image', 'info.image'),
    edge('sums.collection', 'total.collection'),
  ],
});

const laps = (id: string) => Array.from({ length: LAPS }, (_, lap) => `${id}#${lap}`);
/** Ephemeral results, and the results that need them. */
const NEEDED_BY: Record<string, string[]> = {
  base: laps('list'),
  ...Object.fromEntries(laps('scaled').map((id, lap) => [id, [`list#${lap}`]])),
};
const DURABLE = ['seed', 'all', 'side', 'picture', 'info', 'total', ...laps('sum'), ...laps('list')];
const RESULTS = [...DURABLE, ...Object.keys(NEEDED_BY)].sort();

type Kind = keyof typeof KILLS;

/** mulberry32, as everywhere in tests: numbers below 1 that a seed decides. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whoever is killed, in order of the number of results before it; none in the last tenth, so that all happen. */
function schedule(draw: () => number): { at: number; kind: Kind }[] {
  const kinds = Object.entries(KILLS).flatMap(([kind, count]) => Array<Kind>(count).fill(kind as Kind));
  const last = ITEMS * RESULTS.length * 0.9;
  return kinds.map((kind) => ({ at: Math.floor(draw() * last), kind })).sort((a, b) => a.at - b.at);
}

/** The runners of a batch, and what was done to them. */
class Fleet {
  /** Of device children: those that were killed, and those whose agent was. */
  readonly deaths = new Set<number>();
  readonly kills: Record<Kind, number> = { agent: 0, device: 0, edge: 0 };
  readonly calls: string;
  /** An agent ended by itself. */
  readonly givenUp = new AbortController();
  readonly #system: LocalSystem;
  readonly #draw: () => number;
  readonly #disks: string;
  readonly #agents: TestAgent[];
  /** A session that kills a device twice is at fault: here it is not, so each is killed once at most. */
  readonly #struck = new Set<number>();
  readonly #sessions: number;
  #disk = 0;

  /** `sessions`: that a device runs at a time. */
  constructor(system: LocalSystem, draw: () => number, sessions: number) {
    this.#system = system;
    this.#sessions = sessions;
    this.#draw = draw;
    this.#disks = scratch();
    this.calls = path.join(this.#disks, 'calls');
    this.#agents = Array.from({ length: AGENTS }, () => this.#start(this.#emptyDisk()));
  }

  #emptyDisk(): string {
    return path.join(this.#disks, `disk-${++this.#disk}`);
  }

  #start(cache: string): TestAgent {
    const { calls } = this;
    const settings = { sessions: this.#sessions };
    const agent = new TestAgent({
      system: this.#system,
      queue: 'chaos',
      cache,
      calls,
      nodeMs: NODE_MS,
      agent: { settings },
    });
    void agent.ended.then(({ signal }) => {
      if (signal !== 'SIGKILL') this.givenUp.abort();
    });
    return agent;
  }

  /** False when there is nobody of that kind to kill just now. */
  strike(kind: Kind): boolean {
    const done = this[kind]();
    if (done) this.kills[kind] += 1;
    return done;
  }

  agent(): boolean {
    const at = Math.floor(this.#draw() * AGENTS);
    const agent = this.#agents[at];
    const device = agent?.device;
    if (!agent || device === undefined) return false;
    this.deaths.add(device);
    process.kill(agent.pid, 'SIGKILL');
    this.#agents[at] = this.#start(this.#emptyDisk());
    return true;
  }

  device(): boolean {
    const device = this.#agents[Math.floor(this.#draw() * AGENTS)]?.device;
    const item = nodeCalls(this.calls).findLast(({ pid }) => pid === device)?.item_id;
    if (device === undefined || item === undefined || this.#struck.has(item)) return false;
    this.#struck.add(item);
    this.deaths.add(device);
    process.kill(device, 'SIGKILL');
    return true;
  }

  edge(): boolean {
    return killEdge(this.#system) !== undefined;
  }

  output(): string {
    return this.#agents.map((agent) => agent.output()).join('\n');
  }

  async end(): Promise<void> {
    for (const agent of this.#agents) agent.kill('SIGTERM');
    for (const agent of this.#agents) expect((await agent.ended).code, agent.output()).toBe(0);
  }
}

/** Of all items, by name. */
async function recorded(queue: QueueClient): Promise<Map<string, InvocationRecord>> {
  const rows = new Map<string, InvocationRecord>();
  for (let item_id = 1; item_id <= ITEMS; item_id++) {
    const records = await invocationsOf(queue, item_id);
    expect(records.map(({ invocation_id }) => invocation_id).sort(), `item ${item_id}`).toEqual(RESULTS);
    for (const record of records) rows.set(nameOf({ item_id, ...record }), record);
  }
  return rows;
}

/** Each event of a result is its row, and comes before the end of its item. */
function expectSameResults(completed: readonly Completed[], rows: ReadonlyMap<string, InvocationRecord>): void {
  expect(completed.map(nameOf).sort()).toEqual([...rows.keys()].sort());
  for (const event of completed) expect(event.result).toEqual(rows.get(nameOf(event))?.result);
}

function expectRightAnswers(rows: ReadonlyMap<string, InvocationRecord>): void {
  for (let item_id = 1; item_id <= ITEMS; item_id++) {
    const value = (id: string) => rows.get(nameOf({ item_id, invocation_id: id }))?.result;
    const seed = item_id - 1;
    const sums = Array.from({ length: LAPS }, (_, lap) => seed + lap);
    expect(value('total')).toMatchObject({ collection: sums });
    for (const [lap, sum] of sums.entries())
      expect(value(`list#${lap}`)).toMatchObject({ collection: [sum, 2 * sum, 3 * sum] });
    expect(value('info')).toMatchObject({ width: seed + 16, height: 8 });
  }
}

function expectCallsWithReason(
  calls: readonly NodeCall[],
  rows: ReadonlyMap<string, InvocationRecord>,
  { recordedAt, starts }: { recordedAt: ReadonlyMap<string, number>; starts: readonly number[] },
  deaths: ReadonlySet<number>,
): { lost: number; remade: number; recalled: number } {
  const counts = { lost: 0, remade: 0 };
  const recalled = new Map<string, number>();
  const once = new Set<string>();
  for (const call of calls) {
    const name = nameOf(call);
    const row = rows.get(name);
    const what = `${name} under fence ${call.fence} by ${call.pid}, recorded under ${row?.attempt}`;
    if (!row) throw new Error(`${what}: nothing is recorded of this call`);
    expect(once.has(`${name} ${call.fence}`), `${what}: again under one lease`).toBe(false);
    once.add(`${name} ${call.fence}`);
    const needed = NEEDED_BY[call.invocation_id];
    if (call.fence > row.attempt) {
      counts.remade += 1;
      expect(needed, `${what}: a durable result was made again`).toBeDefined();
      const open = needed?.some((id) => (rows.get(nameOf({ ...call, invocation_id: id }))?.attempt ?? 0) >= call.fence);
      expect(open, `${what}: nothing needed it`).toBe(true);
    } else if (call.fence < row.attempt) {
      counts.lost += 1;
      if (!deaths.has(call.pid)) recalled.set(`${call.item_id} ${call.fence}`, call.item_id);
    }
    // Said by the clocks as well, which are one on one machine.
    if (!needed) expect(call.at, `${what}: after it was recorded`).toBeLessThanOrEqual(recordedAt.get(name) ?? 0);
  }
  for (const [name, { attempt, cached }] of rows)
    if (!cached) expect(once, `${name}: recorded by a lease that did not make it`).toContain(`${name} ${attempt}`);
  for (const [lease, item_id] of recalled) {
    const leases = rows.get(nameOf({ item_id, invocation_id: 'total' }))?.attempt ?? 0;
    const started = starts.filter((each) => each === item_id).length;
    const lost = [...recalled.values()].filter((each) => each === item_id).length;
    expect(lost, `${lease}: this lease had started, and its process was not killed`).toBeLessThanOrEqual(
      leases - started,
    );
  }
  return { ...counts, recalled: recalled.size };
}

describe.runIf(CAN_SEE_PROCESSES)('a batch of iterations', () => {
  test('completes whatever is killed, and what was recorded never runs again', { timeout: PATIENCE_MS }, async () => {
    const draw = random(SEED);
    const sessions = 1 + Math.floor(draw() * 3);
    const use_cache = draw() < 0.5;
    console.info({ SWITCHYARD_CHAOS_SEED: SEED, sessions, use_cache });
    const system = await localEdge();
    const queue = await makeQueue(system, 'chaos', { runner_timeout_seconds: TIMEOUT_SECONDS, max_attempts: 100 });
    const items = Array.from({ length: ITEMS }, (_, index) => index);
    await queue.enqueueBatch({
      batch: { graph: graphOf(use_cache), data: [[{ node_path: 'seed', field_name: 'value', items }]] },
    });

    const fleet = new Fleet(system, draw, sessions);
    const due = schedule(draw);
    const completed: Completed[] = [];
    const ends = new Map<number, string>();
    const recordedAt = new Map<string, number>();
    const starts: number[] = [];
    await readEvents(
      queue,
      (event) => {
        if (event.name === 'invocation_complete') {
          expect(ends.get(event.item_id), nameOf(event)).toBeUndefined();
          completed.push(event);
          recordedAt.set(nameOf(event), Date.parse(event.timestamp));
        }
        if (
          event.name === 'queue_item_status_changed' &&
          event.status !== 'pending' &&
          event.status !== 'in_progress'
        ) {
          expect(ends.get(event.item_id), `item ${event.item_id}`).toBeUndefined();
          expect(event.status, `item ${event.item_id}: ${event.error_message}`).toBe('completed');
          ends.set(event.item_id, event.status);
        }
        if ((due[0]?.at ?? Number.POSITIVE_INFINITY) <= completed.length && fleet.strike(due[0]!.kind)) due.shift();
        return ends.size === ITEMS;
      },
      fleet.givenUp.signal,
    );
    expect(ends.size, fleet.output()).toBe(ITEMS);
    await fleet.end();

    const rows = await recorded(queue);
    expectSameResults(completed, rows);
    expectRightAnswers(rows);
    const calls = nodeCalls(fleet.calls);
    const counts = expectCallsWithReason(calls, rows, { recordedAt, starts }, fleet.deaths);
    const shared = [...rows.values()].filter(({ cached }) => cached).length;
    console.info({ kills: fleet.kills, calls: calls.length, results: rows.size, shared, ...counts });
    expect(fleet.kills).toEqual(KILLS);
    expect((await queue.status()).queue).toMatchObject({ completed: ITEMS, total: ITEMS });
  });
});
