import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import { CLAIM_ITEMS_MAX, HELD_LEASES_MAX } from '../../contract/limits.ts';
import { defaultMemoryLimit } from '../device/memory-limit.ts';
import { BACKOFF_MAX_MS, backoffMs } from './backoff.ts';
import { BatchGraphs, GRAPHS_KEPT, NODES_KEPT } from './batch-graphs.ts';
import { BUFFER_ITEMS_MAX, type BufferState, bufferItems, claimSize, deviceItems, nextPace } from './buffer.ts';
import { type Blame, type LossCause, lastEntries, nextCrashCount } from './crash.ts';
import { CrashCounts } from './crash-counts.ts';
import { causeOf, type ProcessEnd } from './device-end.ts';
import { EdgeRefusal, EXIT, FatalError, fatal, verdictOf } from './edge-error.ts';
import { type DevicePort, Feeder } from './feeder.ts';
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

describe('crashes', () => {
  test('count in a row, and start again after a new result', () => {
    const once = nextCrashCount(undefined, 3);
    expect(once).toEqual({ crashes: 1, results: 3 });
    expect(nextCrashCount(once, 3).crashes).toBe(2);
    expect(nextCrashCount(once, 4).crashes).toBe(1);
  });

  const crashed = { deliberate: false, reason: 'device crashed: signal SIGSEGV', advice: 'Look there.' };
  const running = { canceled: false, results: 7, started: true };
  const at = { node: { invocation_id: 'n1', since: 1_000 }, device: 'cpu', now: 3_500 };
  const guilty = (crashes: number): Blame => ({ blame: 'guilty', crashes });
  test.each<[string, Partial<typeof running>, LossCause, Blame, string[]]>([
    ['alone, the first time', {}, crashed, guilty(1), ['session_released']],
    ['alone, the second time', {}, crashed, guilty(2), ['invocation_error', 'session_failed']],
    ['one of several', {}, crashed, { blame: 'suspect', among: 2 }, ['session_released']],
    ['killed by the agent', {}, { deliberate: true, reason: 'drained' }, { blame: 'innocent' }, ['session_released']],
    ['canceled', { canceled: true }, crashed, guilty(2), ['session_stopped']],
    [
      'never heard of',
      { started: false },
      crashed,
      guilty(2),
      ['session_started', 'invocation_error', 'session_failed'],
    ],
  ])('%s → its last entries', (_, over, cause, blame, kinds) => {
    expect(lastEntries({ ...running, ...over }, cause, blame, at).map(({ kind }) => kind)).toEqual(kinds);
  });

  test('the error stands on the node, says what happened and what to look at, and follows the results', () => {
    const [ofNode, ofSession] = lastEntries(running, crashed, guilty(2), at);
    expect(ofNode).toMatchObject({ invocation_id: 'n1', seconds: 2.5, error: { error_type: 'ProcessorError' } });
    expect(JSON.stringify(ofNode)).toMatch(/2 times in a row at the node .*n1.*SIGSEGV\. Look there\./);
    expect(ofSession).toMatchObject({ kind: 'session_failed', results: 7 });
  });

  test('only who was alone is charged; a suspect is remembered until it ends by itself', () => {
    const counts = new CrashCounts();
    counts.suspect(1);
    expect([counts.isSuspect(1), counts.isSuspect(2)]).toEqual([true, false]);
    expect(counts.charge(1, 0).crashes).toBe(1);
    counts.suspect(1);
    expect(counts.charge(1, 0).crashes).toBe(2);
    counts.forget(1);
    expect(counts.isSuspect(1)).toBe(false);
    for (let item_id = 0; item_id < 2_000; item_id++) counts.suspect(item_id);
    expect([counts.isSuspect(0), counts.isSuspect(1_999)]).toEqual([false, true]);
  });
});

describe('how a device ended', () => {
  const end = { killed: null, how: 'signal SIGKILL', memory: null, lines: [] };
  test.each<[string, Partial<ProcessEnd>, string, RegExp]>([
    ['by the agent', { killed: 'drained' }, 'drained', /^$/],
    ['from outside', {}, 'device crashed: signal SIGKILL', /memory ran out.*dmesg/],
    ['in native code', { how: 'signal SIGSEGV' }, 'device crashed: signal SIGSEGV', /onnxruntime/],
    ['by itself', { how: 'exit code 3' }, 'device crashed: exit code 3', /process\.exit/],
    ['with words', { how: 'exit code 1', lines: ['Error: no', ' at x'] }, 'device crashed: exit code 1', /Error: no/],
    [
      'of its memory',
      { memory: { taken: 3 * 1024 ** 3, limit: 2 * 1024 ** 3 } },
      'it took 3 GB of memory, and 2 GB is what it may (--memory-limit)',
      /more memory/,
    ],
    [
      'of its heap',
      { how: 'signal SIGABRT', lines: ['FATAL ERROR: … JavaScript heap out of memory'] },
      'the JavaScript heap is full',
      /max-old-space-size/,
    ],
  ])('%s', (_, over, reason, advice) => {
    const cause = causeOf({ ...end, ...over });
    expect(cause.reason).toBe(reason);
    expect(cause.advice ?? '').toMatch(advice);
    expect(cause.error_type).toBe(/memory|heap/.test(reason) ? 'MemoryLimitError' : undefined);
  });

  test('of what a machine has, most may be taken; of what its control group allows, if that is less', () => {
    expect(defaultMemoryLimit({ total: 1_000, constrained: 0 })).toBe(900);
    expect(defaultMemoryLimit({ total: 1_000, constrained: 100 })).toBe(90);
    expect(defaultMemoryLimit({ total: 1_000, constrained: 2 ** 64 })).toBe(900);
  });
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

describe('the feeder', () => {
  function feeding(sessions: number, suspects: number[] = []) {
    const holdings = new Holdings();
    const runsAlone = ({ item_id }: { item_id: number }) => suspects.includes(item_id);
    const feeder = new Feeder({ holdings, graphs: new BatchGraphs(), sessions, runsAlone });
    const told: number[] = [];
    const port: DevicePort = {
      name: 'cpu',
      post: (message) => void (message.kind === 'run' && told.push(message.ticket)),
      kill: () => {},
    };
    const add = (...item_ids: number[]) =>
      item_ids.map((item_id) => {
        const held = holdings.add(grant(item_id));
        feeder.add(held);
        return held;
      });
    const finish = (held: Held | undefined) => {
      if (!held) return;
      holdings.work(held, 'end');
      feeder.finished(held);
      feeder.feed(null);
    };
    return { holdings, feeder, port, told, add, finish };
  }

  test('an item that is taken from the buffer of a device’s new process leaves no room there', () => {
    const { holdings, feeder, port, told, add, finish } = feeding(1);
    const held = add(1, 2, 3);
    feeder.ready(0, port);
    feeder.feed(0.005);
    expect(told).toEqual([1, 2, 3]);
    feeder.lost(0);
    for (const each of held) holdings.work(each, 'unfeed');
    feeder.putBack(held);
    feeder.ready(0, port);
    feeder.feed(null);
    const [, recalled] = held;
    if (recalled) feeder.remove(recalled);
    finish(recalled);
    expect(told).toEqual([1, 2, 3, 1]);
  });

  test('a suspect waits until its device is empty, and has it for itself until it has ended', () => {
    const { feeder, port, told, add, finish } = feeding(3, [2, 3]);
    const [first, second, third] = add(1, 2, 3, 4, 5, 6);
    feeder.ready(0, port);
    feeder.feed(0.000_1);
    expect(told).toEqual([1]);
    finish(first);
    expect(told).toEqual([1, 2]);
    finish(second);
    expect(told).toEqual([1, 2, 3]);
    finish(third);
    expect(told).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('a device that died alone with a suspect takes others again', () => {
    const { holdings, feeder, port, told, add, finish } = feeding(2, [1]);
    const [suspect] = add(1, 2);
    feeder.ready(0, port);
    feeder.feed(null);
    feeder.lost(0);
    if (suspect) holdings.work(suspect, 'end');
    if (suspect) feeder.finished(suspect);
    feeder.ready(0, port);
    finish(undefined);
    feeder.feed(null);
    expect(told).toEqual([1, 2]);
  });
});
