import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import { type EdgeCall, type EdgeFault, FakeEdge } from '../../test/support/fake-edge.ts';
import { Agent } from './agent.ts';
import { systemClock } from './clock.ts';
import { EXIT } from './edge-error.ts';
import { makeLog } from './log.ts';

let edge: FakeEdge;
let cache: string;
let agents: { agent: Agent; ended: Promise<number> }[] = [];

beforeEach(async () => {
  edge = await new FakeEdge().open();
  cache = mkdtempSync(path.join(os.tmpdir(), 'switchyard-agent-'));
});

afterEach(async () => {
  for (const { agent } of agents) {
    agent.drain('test over');
    agent.drain('test over');
  }
  await Promise.all(agents.map(({ ended }) => ended));
  agents = [];
  await edge.close();
  rmSync(cache, { recursive: true });
});

function start(options: { key?: string; device?: string; hardCancelMs?: number; graceMs?: number } = {}) {
  const agent = new Agent({
    options: {
      ...{ ...edge.address, cache, runner_id: `runner-${agents.length}`, name: 'test', device: 'cpu', threads: 1 },
      device_entry: new URL('../../test/support/device-child.ts', import.meta.url),
      ...options,
    },
    clock: systemClock,
    log: makeLog('text', process.env.TEST_LOG ?? 'error'),
  });
  const started = { agent, ended: agent.run() };
  agents.push(started);
  return started;
}

/** The input that takes the value of the node before. */
const INPUTS: Record<string, string> = { add: 'a', long: 'length' };

/** One node after the other, each with the value of the one before; the last one's id is its type. */
function graphOf(...types: string[]): PinnedGraph {
  const nodes = types.map((type, index) => ({
    ...{ id: `n${index}`, type, is_intermediate: false, use_cache: true },
    ...(type === 'add' ? { a: 0, b: 0 } : {}),
  }));
  const edges = types.slice(1).map((type, index) => ({
    source: { node_id: `n${index}`, field: 'value' },
    destination: { node_id: `n${index + 1}`, field: INPUTS[type] ?? 'value' },
  }));
  return { engine: 1, types: Object.fromEntries(types.map((type) => [type, '1.0.0'])), nodes, edges };
}

const values = (count: number, node_path = 'n0', field_name = 'value') =>
  Array.from({ length: count }, (_, value) => [{ node_path, field_name, value }]);

const wholeLog = (...ids: string[]) => [
  'session_started',
  ...ids.flatMap((id) => [`invocation_started ${id}`, `invocation_complete ${id}`]),
  'session_complete',
];

const statuses = () => [...edge.queue.items.values()].map(({ state }) => state.status);

test('announces its types, and every item gets exactly its entries, in order', async () => {
  edge.queue.enqueue('b', graphOf('integer', 'add'), values(200));
  start();
  await edge.until(() => edge.queue.isDone);
  for (const item of edge.queue.items.values()) {
    expect(item.log).toEqual(wholeLog('n0', 'n1'));
    const value = item.values[0]?.value;
    expect(item.results.map(({ result }) => result)).toEqual([
      { type: 'integer_output', value },
      { type: 'integer_output', value },
    ]);
  }
  expect(edge.registrations[0]).toMatchObject({ engine: 1, types: { integer: '1.0.0' }, devices: [{ id: 'cpu' }] });
});

test('a wake over the socket fetches what was enqueued later', async () => {
  start();
  await edge.until(() => edge.socketCount === 1 && edge.calls.claim > 0);
  edge.queue.enqueue('b', graphOf('integer'), values(1));
  edge.order({ order: 'wake' });
  await edge.until(() => edge.queue.isDone);
  expect(edge.heartbeats.every(({ held }) => held.length === 0)).toBe(true);
});

test('without a wake the heartbeat finds the work', async () => {
  edge.heartbeatSeconds = 0.05;
  start();
  await edge.until(() => edge.calls.claim > 0);
  edge.queue.enqueue('b', graphOf('integer'), values(1));
  await edge.until(() => edge.queue.isDone);
});

describe('faults of the network', () => {
  const FAULTS: EdgeFault[] = ['lose', 'cut', 'twice', 'busy'];
  test.each(FAULTS)('every other call meets "%s", and nothing is lost or recorded twice', async (fault) => {
    edge.queue.enqueue('b', graphOf('integer', 'add'), values(40));
    edge.faultOf = (_, number) => (number % 2 === 1 ? fault : undefined);
    start();
    await edge.until(() => edge.queue.isDone);
    for (const item of edge.queue.items.values()) expect(item.log).toEqual(wholeLog('n0', 'n1'));
  });

  test('a repeated claim keeps its number until it is answered', async () => {
    edge.queue.enqueue('b', graphOf('integer'), values(3));
    edge.faultOf = (call, number) => (call === 'claim' && number <= 2 ? 'lose' : undefined);
    start();
    await edge.until(() => edge.queue.isDone);
    for (const item of edge.queue.items.values()) expect(item.state.fence).toBe(1);
  });

  test('an edge that forgot the registration is registered with again, and the work goes on', async () => {
    edge.queue.enqueue('b', graphOf('integer'), values(30));
    edge.faultOf = (call: EdgeCall, number) => (call === 'callbacks' && number === 1 ? 'over' : undefined);
    start();
    await edge.until(() => edge.queue.isDone);
    expect(edge.calls.register).toBe(2);
    expect(new Set(statuses())).toEqual(new Set(['completed']));
  });

  test('a heartbeat that hangs is not waited for longer than the runner may be silent', async () => {
    edge.heartbeatSeconds = 0.2;
    edge.faultOf = (call, number) => (call === 'heartbeat' && number === 1 ? 'hang' : undefined);
    start();
    await edge.until(() => edge.heartbeats.length > 0);
  });

  test('the socket comes back', async () => {
    start();
    await edge.until(() => edge.socketCount === 1);
    edge.cutSockets();
    await edge.until(() => edge.socketCount === 0);
    await edge.until(() => edge.socketCount === 1);
  });
});

describe('cancel', () => {
  test('stops a session at its next checkpoint; the device goes on with the next item', async () => {
    const [stepping = 0] = edge.queue.enqueue('b', graphOf('steps'), values(1));
    edge.queue.enqueue('c', graphOf('integer'), values(1));
    start();
    await edge.until(() => edge.queue.item(stepping).log.includes('invocation_started n0'));
    edge.cancel(stepping);
    await edge.until(() => edge.queue.isDone);
    expect(statuses()).toEqual(['canceled', 'completed']);
    expect(edge.queue.item(stepping).results).toEqual([]);
  });

  test('an order that got lost is repeated by the heartbeat', async () => {
    edge.heartbeatSeconds = 0.05;
    const [stepping = 0] = edge.queue.enqueue('b', graphOf('steps'), values(1));
    edge.queue.enqueue('c', graphOf('integer'), values(1));
    start();
    await edge.until(() => edge.queue.item(stepping).log.includes('invocation_started n0'));
    edge.queue.cancel(stepping);
    await edge.until(() => edge.queue.isDone);
  });

  test('a node that never returns costs its device the process, and nobody else anything', async () => {
    const [hanging = 0] = edge.queue.enqueue('b', graphOf('hang'), values(1));
    const [next = 0] = edge.queue.enqueue('c', graphOf('integer'), values(1));
    start({ hardCancelMs: 50 });
    await edge.until(() => edge.queue.item(hanging).log.includes('invocation_started n0'));
    edge.cancel(hanging);
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(next).log).toEqual(wholeLog('n0'));
  });

  test('does not wait for what the network brings, and costs no process', async () => {
    const image = { node_path: 'n0', field_name: 'image', value: { image_name: 'c'.repeat(64) } };
    edge.queue.enqueue('a', graphOf('pid'), values(1));
    const [reading = 0] = edge.queue.enqueue('b', graphOf('read'), [[image]]);
    const [last = 0] = edge.queue.enqueue('c', graphOf('pid'), values(1));
    edge.faultOf = (call) => (call === 'asset' ? 'hang' : undefined);
    start();
    await edge.until(() => edge.calls.asset === 1);
    edge.cancel(reading);
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(last).results).toEqual([{ ...edge.queue.item(1).results[0], invocation_id: 'n0' }]);
  });

  test('a lease that ended is dropped, and the item runs under its new one', async () => {
    edge.heartbeatSeconds = 0.05;
    const [stepping = 0] = edge.queue.enqueue('b', graphOf('steps'), values(1));
    start();
    await edge.until(() => edge.queue.item(stepping).log.includes('invocation_started n0'));
    edge.queue.revoke(stepping);
    await edge.until(() => edge.queue.item(stepping).state.fence === 2);
    await edge.until(() => edge.queue.item(stepping).log.filter((kind) => kind === 'session_started').length === 2);
    edge.cancel(stepping);
  });
});

describe('failures', () => {
  test('a node error ends its session with the class of the error, and keeps what ran', async () => {
    const [item_id = 0] = edge.queue.enqueue('b', graphOf('integer', 'fail'), values(1));
    start();
    await edge.until(() => edge.queue.isDone);
    const { state, log, results } = edge.queue.item(item_id);
    expect(log.slice(-2)).toEqual(['invocation_started n1', 'invocation_error n1']);
    expect(state.error).toMatchObject({ error_type: 'DeedError', error_message: 'it did not work' });
    expect(state.error?.error_traceback).toContain('device-child.ts');
    expect(results).toHaveLength(1);
  });

  test('inputs that do not fit are a node error too', async () => {
    const tooSmall = [{ node_path: 'n0', field_name: 'value', value: -1 }];
    const [item_id = 0] = edge.queue.enqueue('b', graphOf('integer', 'long'), [tooSmall]);
    start();
    await edge.until(() => edge.queue.isDone);
    const { state, log } = edge.queue.item(item_id);
    expect(state.error?.error_type).toBe('NodeInputError');
    expect(log.at(-1)).toBe('invocation_error n1');
  });

  test('outputs over the limit are an error that says what to do', async () => {
    const [item_id = 0] = edge.queue.enqueue('b', graphOf('long'), [
      [{ node_path: 'n0', field_name: 'length', value: 70_000 }],
    ]);
    start();
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(item_id).state.error?.error_message).toMatch(/70\d\d\d bytes .* 65536 .* asset/);
  });

  test('a session that kills its device is tried once more and then fails; its neighbours complete', async () => {
    const [first = 0] = edge.queue.enqueue('a', graphOf('integer'), values(1));
    const [deadly = 0] = edge.queue.enqueue('b', graphOf('integer', 'die'), values(1));
    const [last = 0] = edge.queue.enqueue('c', graphOf('integer'), values(1));
    start();
    await edge.until(() => edge.queue.isDone);
    const { state, log } = edge.queue.item(deadly);
    expect(state.error).toMatchObject({ error_type: 'ProcessorError' });
    expect(state.error?.error_message).toMatch(/died 2 times in a row/);
    expect(log.filter((kind) => kind === 'session_started')).toHaveLength(2);
    expect(log.filter((kind) => kind === 'invocation_complete n0')).toHaveLength(1);
    expect(edge.queue.item(first).log).toEqual(wholeLog('n0'));
    expect(edge.queue.item(last).log).toEqual(wholeLog('n0'));
  });
});

describe('assets', () => {
  const text = (item_id: number) => [{ node_path: 'n0', field_name: 'text', value: `text ${item_id}` }];

  test('an upload holds back the later entries of its own item, and of no other', async () => {
    let open = () => {};
    edge.uploadGate = new Promise((resolve) => {
      open = resolve;
    });
    const [writing = 0] = edge.queue.enqueue('b', graphOf('write'), [text(1)]);
    const [other = 0] = edge.queue.enqueue('c', graphOf('integer'), values(1));
    start();
    await edge.until(() => edge.queue.item(other).state.status === 'completed' && edge.calls.asset === 1);
    expect(edge.queue.item(writing).log).toEqual(['session_started', 'invocation_started n0']);
    open();
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(writing).log).toEqual(wholeLog('n0'));
    const [image_name = '', bytes] = [...edge.assets][0] ?? [];
    expect(edge.queue.item(writing).results[0]?.result).toEqual({ type: 'image_output', image: { image_name } });
    expect(bytes?.toString()).toBe('text 1');
  });

  test('the same bytes go up once', async () => {
    edge.queue.enqueue('b', graphOf('write'), [text(1), text(1), text(1)]);
    start();
    await edge.until(() => edge.queue.isDone);
    expect(edge.calls.asset).toBe(1);
  });

  test.each<EdgeFault>(['lose', 'cut', 'busy'])('an upload that meets "%s" is made again', async (fault) => {
    edge.faultOf = (call, number) => (call === 'asset' && number <= 2 ? fault : undefined);
    edge.queue.enqueue('b', graphOf('write'), [text(1)]);
    start();
    await edge.until(() => edge.queue.isDone);
    expect(statuses()).toEqual(['completed']);
  });

  const INPUT = createHash('sha256').update('input').digest('hex');
  const reading = (image_name: string) => [{ node_path: 'n0', field_name: 'image', value: { image_name } }];

  test.each<EdgeFault>(['cut', 'busy'])('a read that meets "%s" is made again', async (fault) => {
    edge.assets.set(INPUT, Buffer.from('input'));
    edge.faultOf = (call, number) => (call === 'asset' && number <= 2 ? fault : undefined);
    edge.queue.enqueue('b', graphOf('read'), [reading(INPUT)]);
    start();
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(1).results[0]?.result).toEqual({ type: 'string_output', value: 'input' });
  });

  test('a read that brings other bytes than its name says is made again', async () => {
    edge.assets.set(INPUT, Buffer.from('damaged'));
    edge.queue.enqueue('b', graphOf('read'), [reading(INPUT)]);
    start();
    await edge.until(() => edge.calls.asset > 0);
    edge.assets.set(INPUT, Buffer.from('input'));
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(1).results[0]?.result).toEqual({ type: 'string_output', value: 'input' });
  });

  test('an asset that is not there is an error of the node that wants it', async () => {
    edge.queue.enqueue('b', graphOf('read'), [reading('b'.repeat(64))]);
    start();
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(1).state.error).toMatchObject({ error_type: 'AssetError', error_message: 'no asset' });
  });

  test('a refused upload fails its item as ours, not as the node’s', async () => {
    edge.faultOf = (call) => (call === 'asset' ? 'over' : undefined);
    const [item_id = 0] = edge.queue.enqueue('b', graphOf('write'), [text(1)]);
    start();
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(item_id).state.error).toMatchObject({ error_type: 'ProcessorError' });
  });
});

test('progress goes up only while somebody watches', async () => {
  const [stepping = 0] = edge.queue.enqueue('b', graphOf('steps'), values(1));
  start();
  await edge.until(() => edge.socketCount === 1 && edge.queue.item(stepping).log.includes('invocation_started n0'));
  expect(edge.reports).toEqual([]);
  edge.order({ order: 'watch', watched: true });
  await edge.until(() => edge.reports.length > 0);
  expect(edge.reports[0]).toMatchObject({
    report: 'progress',
    item_id: stepping,
    message: 'stepping',
    percentage: 0.5,
  });
  edge.cancel(stepping);
});

describe('the end', () => {
  test('a drain gives back what has not started at once, and what runs after the grace period', async () => {
    edge.queue.enqueue('b', graphOf('steps'), values(2));
    const { agent, ended } = start({ graceMs: 50 });
    await edge.until(
      () => edge.queue.item(1).log.includes('invocation_started n0') && edge.queue.item(2).state.runner_no !== null,
    );
    agent.drain('test');
    expect(await ended).toBe(EXIT.drained);
    expect(edge.queue.item(1).log.at(-1)).toBe('session_released');
    expect(edge.queue.item(2).log).toEqual(['session_released']);
    expect(edge.heartbeats.at(-1)).toMatchObject({ draining: true, held: [] });
  });

  test('a drain lets what runs finish within the grace period', async () => {
    let open = () => {};
    edge.uploadGate = new Promise((resolve) => {
      open = resolve;
    });
    edge.queue.enqueue('b', graphOf('write'), [[{ node_path: 'n0', field_name: 'text', value: 'late' }]]);
    const { agent, ended } = start();
    await edge.until(() => edge.calls.asset === 1);
    agent.drain('test');
    open();
    expect(await ended).toBe(EXIT.drained);
    expect(edge.queue.item(1).log).toEqual(wholeLog('n0'));
  });

  test('an idle runner that drains leaves the list and does not come back, though its goodbye comes twice', async () => {
    edge.faultOf = (call) => (call === 'heartbeat' ? 'twice' : undefined);
    const { agent, ended } = start();
    await edge.until(() => edge.calls.claim === 1);
    agent.drain('test');
    expect(await ended).toBe(EXIT.drained);
    expect(edge.queue.isRegistered).toBe(false);
    expect(edge.registrations).toHaveLength(1);
  });

  test('a drain does not wait for an edge that never answered', async () => {
    edge.faultOf = () => 'cut';
    const { agent, ended } = start();
    await edge.until(() => edge.calls.register > 0);
    agent.drain('test');
    expect(await ended).toBe(EXIT.drained);
  });

  test('nor, with nothing to deliver, for one that has gone away', async () => {
    edge.queue.enqueue('b', graphOf('integer'), values(1));
    const { agent, ended } = start();
    await edge.until(() => edge.queue.isDone);
    // One request follows the other: another claim says that the answers to the entries have arrived.
    edge.order({ order: 'wake' });
    await edge.until(() => edge.calls.claim === 2);
    edge.faultOf = () => 'cut';
    agent.drain('test');
    expect(await ended).toBe(EXIT.drained);
  });

  test('a key that is not accepted ends the runner with its exit code', async () => {
    expect(await start({ key: 'wrong' }).ended).toBe(EXIT.key);
  });

  test('a device that does not work here ends the runner before it registers', async () => {
    expect(await start({ device: 'cuda:7' }).ended).toBe(EXIT.device);
    expect(edge.calls.register).toBe(0);
  });
});
