import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import { CLAIM_ITEMS_MAX, HELD_LEASES_MAX } from '../../contract/limits.ts';
import { BACKOFF_MAX_MS, backoffMs } from './backoff.ts';
import { BatchGraphs, GRAPHS_KEPT, NODES_KEPT } from './batch-graphs.ts';
import { BUFFER_ITEMS_MAX, type BufferState, bufferItems, claimSize, deviceItems, nextPace } from './buffer.ts';
import { EdgeRefusal, EXIT, FatalError, fatal, verdictOf } from './edge-error.ts';
import { type Held, Holdings } from './holdings.ts';

describe('backoff', () => {
  test('grows to its maximum, is never less than half of that, nor less than what was asked for', () => {
    fc.assert(
      fc.property(
        fc.nat(10_000),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.nat(60_000),
        (attempt, random, after) => {
          const ms = backoffMs(attempt, random, after);
          expect(ms).toBeGreaterThanOrEqual(Math.max(50, after));
          expect(ms).toBeLessThanOrEqual(Math.max(BACKOFF_MAX_MS, after));
          expect(backoffMs(attempt + 1, random)).toBeGreaterThanOrEqual(backoffMs(attempt, random));
        },
      ),
    );
  });

  test.each([
    [0, 0, 50],
    [0, 1, 100],
    [3, 0, 400],
    [20, 1, BACKOFF_MAX_MS],
    [100_000, 0, BACKOFF_MAX_MS / 2],
  ])('attempt %d, chance %d → %d ms', (attempt, random, ms) => expect(backoffMs(attempt, random)).toBe(ms));
});

describe('the buffer', () => {
  test.each([
    ['nothing measured', null, 2],
    ['a second each', 1, 2],
    ['ten seconds each', 10, 2],
    ['a tenth', 0.1, 11],
    ['microseconds', 0.000_05, BUFFER_ITEMS_MAX],
    ['no time at all', 0, BUFFER_ITEMS_MAX],
  ])('%s: holds %s s → %d items', (_, pace, items) => expect(bufferItems(pace, 1)).toBe(items));

  test.each([
    [null, 1],
    [1, 1],
    [0.02, 1],
    [0.01, 2],
    [0, CLAIM_ITEMS_MAX],
  ])('a device holds at a pace of %s s: %d items', (pace, items) => expect(deviceItems(pace, 1)).toBe(items));

  test('a device that interleaves sessions holds as many at least, and more when they are short', () => {
    expect([deviceItems(null, 4), deviceItems(10, 4), deviceItems(0.01, 4)]).toEqual([4, 4, 8]);
    expect([bufferItems(null, 4), bufferItems(1, 4), bufferItems(0.1, 4)]).toEqual([8, 8, 44]);
  });

  const idle: BufferState = {
    ...{ slots: 1, pace: null, unfinished: 0, held: 0 },
    ...{ dry: false, posting: false, ending: false, uploadBytes: 0 },
  };
  test.each<[string, Partial<BufferState>, number]>([
    ['an idle runner', {}, 2],
    ['one ahead is missing', { unfinished: 1 }, 1],
    ['the buffer is full', { unfinished: 2 }, 0],
    ['no device is ready', { slots: 0 }, 0],
    ['the queue said that there is nothing', { dry: true }, 0],
    ['and yet an item ends', { dry: true, posting: true, ending: true }, 2],
    ['entries go up, none of them a last one', { dry: true, posting: true }, 0],
    ['uploads pile up', { uploadBytes: 100 * 1024 * 1024 }, 0],
    ['fast sessions', { pace: 0 }, CLAIM_ITEMS_MAX],
    ['more than half of the buffer is there', { pace: 0.01, unfinished: 60 }, 0],
    ['the same, when a request goes anyway', { pace: 0.01, unfinished: 60, posting: true }, 41],
    ['as much as a heartbeat can name', { pace: 0, held: HELD_LEASES_MAX }, 0],
  ])('%s', (_, change, size) => expect(claimSize({ ...idle, ...change })).toBe(size));

  test('the pace follows recent sessions', () => {
    let pace: number | null = null;
    for (const seconds of [1, 1, 1]) pace = nextPace(pace, seconds);
    expect(pace).toBe(1);
    for (let i = 0; i < 30; i++) pace = nextPace(pace, 0.1);
    expect(pace).toBeCloseTo(0.1, 2);
  });
});

describe('verdicts', () => {
  test.each([
    [500, 'retry'],
    [502, 'retry'],
    [503, 'retry'],
    [429, 'retry'],
    [408, 'retry'],
    [401, 'fatal'],
    [403, 'fatal'],
    [426, 'fatal'],
    [404, 'register'],
    [409, 'register'],
    [400, 'refused'],
    [413, 'refused'],
    [422, 'refused'],
  ])('%d → %s', (status, verdict) => expect(verdictOf(new EdgeRefusal(status, null))).toBe(verdict));

  test('a connection that broke is tried again', () => {
    expect(verdictOf(new TypeError('fetch failed'))).toBe('retry');
    expect(verdictOf(new FatalError(1, 'no'))).toBe('fatal');
  });

  test.each([
    [426, EXIT.protocol],
    [401, EXIT.key],
    [403, EXIT.key],
    [404, EXIT.config],
  ])('%d exits with %d', (status, code) => expect(fatal(new EdgeRefusal(status, null)).exitCode).toBe(code));
});

const grant = (item_id: number, fence = 1) => ({
  ...{
    item_id,
    fence,
    token: 't',
    session_id: 's',
    batch_id: 'b',
    user_id: 'u',
    values: [],
    results: [],
    max_run_seconds: null,
    max_node_seconds: null,
    traceparent: null,
  },
});

describe('holdings', () => {
  const WORK = { feed: ['buffered'], unfeed: ['queued'], start: ['queued'], end: ['buffered', 'queued', 'running'] };
  const LEASE = { close: ['held'], settle: ['held', 'closing'] };

  test.each(['buffered', 'queued', 'running', 'done'] as const)('a %s item moves as the table says', (state) => {
    for (const [move, from] of Object.entries(WORK)) {
      const holdings = new Holdings();
      const held: Held = Object.assign(holdings.add(grant(1)), { work: state });
      expect(holdings.work(held, move as keyof typeof WORK)).toBe(from.includes(state));
    }
  });

  test.each(['held', 'closing', 'closed'] as const)('a %s lease moves as the table says', (state) => {
    for (const [move, from] of Object.entries(LEASE)) {
      const holdings = new Holdings();
      const held: Held = Object.assign(holdings.add(grant(1)), { lease: state });
      expect(holdings.lease(held, move as keyof typeof LEASE)).toBe(from.includes(state));
    }
  });

  test('an item is held until both sides are done with it, and counted until each is', () => {
    const holdings = new Holdings();
    const held = holdings.add(grant(1));
    holdings.work(held, 'end');
    expect([holdings.unfinished, holdings.held, holdings.leases().length]).toEqual([0, 1, 1]);
    holdings.lease(held, 'close');
    expect(holdings.leases()).toHaveLength(1);
    holdings.lease(held, 'settle');
    expect([holdings.unfinished, holdings.held, holdings.all().length]).toEqual([0, 0, 0]);
  });

  test('a new lease of an item does not disturb the end of the old one', () => {
    const holdings = new Holdings();
    const old = holdings.add(grant(1));
    holdings.lease(old, 'settle');
    const young = holdings.add(grant(1, 2));
    holdings.work(old, 'end');
    expect(holdings.item(1)).toBe(young);
    expect(holdings.ticket(old.ticket)).toBeUndefined();
  });
});

const graph = (nodes: number): PinnedGraph => ({ engine: 1, types: {}, nodes: new Array(nodes), edges: [] });

test('graphs are forgotten oldest first, over the limit only, and never while in use', () => {
  const graphs = new BatchGraphs();
  const batch = (batch_id: string) => ({ batch_id, graph: graph(NODES_KEPT / 2) });
  expect(graphs.took([batch('a'), batch('b')], ['a', 'b'], new Set())).toEqual([]);
  expect(graphs.took([batch('c')], ['c', 'a'], new Set(['c', 'a']))).toEqual(['b']);
  expect(graphs.ids).toEqual(['c', 'a']);
  expect(graphs.took([batch('d'), batch('e')], ['d', 'e'], new Set(['c', 'a', 'd', 'e']))).toEqual([]);
});

test('of many small graphs the latest are kept, few enough for a claim to name', () => {
  const graphs = new BatchGraphs();
  const last = GRAPHS_KEPT * 2;
  for (let number = 1; number <= last; number++) {
    const batch_id = String(number);
    const forgotten = graphs.took([{ batch_id, graph: graph(1) }], [batch_id], new Set([batch_id]));
    expect(forgotten).toEqual(number > GRAPHS_KEPT ? [String(number - GRAPHS_KEPT)] : []);
  }
  expect(graphs.ids).toHaveLength(GRAPHS_KEPT);
});
